/// Counts the HTTP/1 responses on one connection, pipelined or not, however the reads cut them.
struct ResponseScanner {
    /// A 101 was read: the connection speaks another protocol from here on.
    private(set) var isUpgraded = false
    /// Bytes at the end of the slice last scanned that already belong to that protocol.
    private(set) var leftover = 0

    private static let longestHead = 16_384
    private let expected: Int
    /// The beginning of a head that a read cut; empty nearly always.
    private var carry: [UInt8] = []
    private var bodyLeft = 0

    /// - Parameter expected: the only status that is not a failure.
    init(expecting expected: Int) {
        self.expected = expected
    }

    /// - Returns: how many responses were completed by `bytes`.
    /// - Throws: `.failed` on another status, on a malformed head, on one of more than 16 KiB and on a body in chunks.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var completed = 0
        var at = 0
        while at < bytes.count {
            if bodyLeft > 0 {
                let step = min(bodyLeft, bytes.count - at)
                at += step
                bodyLeft -= step
                if bodyLeft == 0 { completed += 1 }
                continue
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
            guard let head = try head(rest) else { return completed }
            at += head.byteCount
            guard head.status == expected else {
                throw SystemError.failed("answered \(head.status) where \(expected) was expected")
            }
            guard !head.isChunked else {
                throw SystemError.failed("a response without Content-Length, which is not read here")
            }
            if head.status == 101 {
                isUpgraded = true
                leftover = bytes.count - at
                return completed + 1
            }
            bodyLeft = head.contentLength
            if bodyLeft == 0 { completed += 1 }
        }
        return completed
    }

    /// The head that ends in `rest`, its `byteCount` being what it takes from there.
    private mutating func head(_ rest: UnsafeRawBufferPointer) throws -> ResponseHead? {
        if carry.isEmpty, let head = try ResponseHead.parse(rest) { return head }
        let before = carry.count
        carry.append(contentsOf: rest.prefix(Self.longestHead))
        guard var head = try carry.withUnsafeBytes({ try ResponseHead.parse($0) }) else {
            if carry.count >= Self.longestHead { throw SystemError.failed("a response head of more than 16 KiB") }
            return nil
        }
        carry.removeAll(keepingCapacity: true)
        head.byteCount -= before
        return head
    }
}
