/// The head of a server's answer to an upgrade (RFC 6455 §4.2.2).
struct UpgradeHead {
    let status: Int
    /// Names in lower case.
    let headers: [(name: String, value: String)]

    /// Where the head ends, behind its blank line; nil when it does not yet.
    static func end(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for at in 3..<bytes.count where bytes[at] == 0x0A {
            if bytes[at - 1] == 0x0D, bytes[at - 2] == 0x0A, bytes[at - 3] == 0x0D { return at + 1 }
        }
        return nil
    }

    /// Nil when this is no HTTP/1.1.
    init?(_ bytes: some Collection<UInt8>) {
        let lines = bytes.split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line[...], as: UTF8.self)
        }
        guard let first = lines.first?.split(separator: " "), first.count >= 2, first[0] == "HTTP/1.1",
            let status = Int(first[1])
        else { return nil }
        self.status = status
        headers = lines.dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return (parts[0].lowercased(), String(parts[1].drop { $0 == " " }))
        }
    }

    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}
