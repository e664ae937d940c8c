import Glibc

/// Files under /proc: no size, read to the end.
enum ProcFile {
    /// At most 1 MiB, as UTF-8.
    ///
    /// - Throws: `.failed` when it cannot be opened, which for a process mostly means that it has ended.
    static func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.system("reading \(path)", errno) }
        defer { close(descriptor) }
        return String(decoding: drain(descriptor, limit: 1 << 20), as: UTF8.self)
    }

    /// What `descriptor` still has to give, up to `limit` bytes.
    static func drain(_ descriptor: Int32, limit: Int) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            content.append(contentsOf: chunk.prefix(count))
        }
        return content
    }

    /// Names in a directory that are numbers: processes or threads.
    static func numbers(in path: String) throws -> [Int32] {
        guard let directory = opendir(path) else { throw SystemError.system("reading \(path)", errno) }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { found.append(number) }
        }
        return found
    }

    /// Kilobytes on the line `name: … kB`, as bytes.
    static func kilobytes(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
        }
        return nil
    }
}
