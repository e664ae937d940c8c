import Glibc
import Kit

/// The lines of a file or of standard input, one at a time.
final class InputLines {
    private let file: UnsafeMutablePointer<FILE>

    /// - Parameter path: `-` is standard input.
    /// - Throws: the exit status for input that cannot be read, having said so.
    init(_ path: String) throws {
        guard let file = path == "-" ? fdopen(STDIN_FILENO, "r") : fopen(path, "re") else {
            Terminal.complain("quikko: cannot read \(Terminal.printable(path))")
            throw ExitStatus.inputUnreadable
        }
        self.file = file
    }

    deinit { fclose(file) }

    /// Without its end; nil after the last.
    func next() throws -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var count = getline(&line, &capacity, file)
        guard count >= 0, let line else {
            guard ferror(file) == 0 else { throw ExitStatus.inputUnreadable }
            return nil
        }
        while count > 0, [0x0a, 0x0d].contains(UInt8(bitPattern: line[count - 1])) { count -= 1 }
        return String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self)
    }
}
