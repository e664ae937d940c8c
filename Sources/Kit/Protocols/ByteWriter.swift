import NIOCore

/// Writes bytes one after the other into a piece of memory that is large enough: its maker has said how much is enough. A
/// `ByteBuffer` looks for room and for its owner with every piece, and that is most of what writing an event in twenty pieces costs.
struct ByteWriter {
    private var rest: UnsafeMutableRawBufferPointer

    fileprivate init(_ room: UnsafeMutableRawBufferPointer) { rest = room }

    fileprivate var left: Int { rest.count }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= rest.count, "more was written than was announced")
        rest.copyMemory(from: bytes)
        skip(bytes.count)
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Hands out `count` bytes to be written.
    @inline(__always)
    mutating func write(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        body(UnsafeMutableRawBufferPointer(rebasing: rest[..<count]))
        skip(count)
    }

    /// - Parameter number: Not negative.
    mutating func write(decimal number: Int64) {
        write(number.digits) { bytes in
            var rest = number
            for index in stride(from: bytes.count - 1, through: 0, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
    }

    @inline(__always)
    private mutating func skip(_ count: Int) { rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...]) }
}

extension ByteBuffer {
    /// Appends what `body` writes: at most `limit` bytes, which is the caller's to know.
    @inline(__always)
    mutating func write(atMost limit: Int, _ body: (inout ByteWriter) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { room in
            var writer = ByteWriter(room)
            body(&writer)
            return room.count - writer.left
        }
    }
}

extension Int64 {
    /// Decimal digits; for what is not negative.
    var digits: Int {
        var (count, bound) = (1, Int64(10))
        while self >= bound {
            count += 1
            guard bound <= .max / 10 else { break }
            bound *= 10
        }
        return count
    }
}
