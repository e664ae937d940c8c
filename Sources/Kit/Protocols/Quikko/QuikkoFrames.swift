import NIOCore

/// Frames of the native protocol: as the original writes them, with numbers, and as server-sent events.
extension QuikkoServerCodec {
    /// `{"type":"click_event","payload":{…}}` with exactly five keys; for numbered audiences `room`, `epoch` and `n` stand
    /// between the two. Written straight into the batch.
    static func encode(
        _ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer
    ) -> Bool {
        guard case .click(let click) = event else { return false }
        let number = click.number(in: room)
        let payload = length(of: click) + (audience.isNumbered ? placeLength(room, click.epoch, number) : 0)
        batch.reserveCapacity(minimumWritableBytes: payload + 64)
        switch audience.variant {
        case .plain, .positions: batch.writeFrameHeader(.text, payload: payload)
        case .events: batch.writeEventStart("click_event", id: Position(epoch: click.epoch, number: number))
        }
        batch.writeStaticString(Part.type)
        if audience.isNumbered { writePlace(of: click, in: room, to: &batch) }
        writePayload(click, to: &batch)
        if audience.variant == .events { batch.writeStaticString("\n\n") }
        return true
    }

    /// The text of a numbered event, without a frame around it.
    static func writeText(of click: Click, in room: Room, to buffer: inout ByteBuffer) {
        buffer.writeStaticString(Part.type)
        writePlace(of: click, in: room, to: &buffer)
        writePayload(click, to: &buffer)
    }

    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool {
        let message = QuikkoMessage(notice)
        switch audience.variant {
        case .plain: return false
        case .positions:
            let bytes = message.bytes
            batch.writeFrameHeader(.text, payload: bytes.readableBytes)
            batch.writeImmutableBuffer(bytes)
        case .events:
            batch.writeEventStart(message.type, id: notice.end)
            batch.writeImmutableBuffer(message.bytes)
            batch.writeStaticString("\n\n")
        }
        return true
    }

    private static func length(of click: Click) -> Int {
        Part.type.utf8CodeUnitCount + Part.code.utf8CodeUnitCount + click.code.count + Part.country.utf8CodeUnitCount
            + (click.details.country.isKnown ? 2 : 7) + Part.device.utf8CodeUnitCount
            + click.details.device.name.utf8CodeUnitCount + Part.browser.utf8CodeUnitCount
            + click.details.browser.name.utf8CodeUnitCount + Part.timestamp.utf8CodeUnitCount + Timestamp.textLength
            + Part.end.utf8CodeUnitCount
    }

    private static func placeLength(_ room: Room, _ epoch: Int32, _ number: Int64) -> Int {
        Part.room.utf8CodeUnitCount + room.textLength + Part.epoch.utf8CodeUnitCount + Int64(epoch).digits
            + Part.number.utf8CodeUnitCount + number.digits
    }

    @inline(__always)
    private static func writePlace(of click: Click, in room: Room, to batch: inout ByteBuffer) {
        batch.writeStaticString(Part.room)
        batch.write(room)
        batch.writeStaticString(Part.epoch)
        batch.write(decimal: Int64(click.epoch))
        batch.writeStaticString(Part.number)
        batch.write(decimal: click.number(in: room))
    }

    @inline(__always)
    private static func writePayload(_ click: Click, to batch: inout ByteBuffer) {
        batch.writeStaticString(Part.code)
        click.code.withBytes { _ = batch.writeBytes($0) }
        batch.writeStaticString(Part.country)
        if click.details.country.isKnown {
            let letters = click.details.country.letters
            batch.writeMultipleIntegers(letters.0, letters.1)
        } else {
            batch.writeStaticString("unknown")
        }
        batch.writeStaticString(Part.device)
        batch.writeStaticString(click.details.device.name)
        batch.writeStaticString(Part.browser)
        batch.writeStaticString(click.details.browser.name)
        batch.writeStaticString(Part.timestamp)
        batch.writeWithUnsafeMutableBytes(minimumWritableBytes: Timestamp.textLength) { bytes in
            click.at.write(to: bytes)
            return Timestamp.textLength
        }
        batch.writeStaticString(Part.end)
    }

    private enum Part {
        static let type: StaticString = #"{"type":"click_event""#
        static let room: StaticString = #","room":""#
        static let epoch: StaticString = #"","epoch":"#
        static let number: StaticString = #","n":"#
        static let code: StaticString = #","payload":{"shortCode":""#
        static let country: StaticString = #"","country":""#
        static let device: StaticString = #"","deviceType":""#
        static let browser: StaticString = #"","browser":""#
        static let timestamp: StaticString = #"","timestamp":""#
        static let end: StaticString = #""}}"#
    }
}

extension Notice {
    /// What a reader has seen once it has this notice.
    fileprivate var end: Position {
        switch self {
        case .gap(let gap): Position(epoch: gap.epoch, number: gap.numbers.upperBound)
        case .hole(_, let hole): Position(epoch: hole.epoch, number: hole.to ?? hole.from - 1)
        case .recovered(let recovery): recovery.to
        case .position(_, let position): position
        }
    }
}

extension Room {
    fileprivate var textLength: Int {
        switch self {
        case .user: "user:".utf8.count + 24
        case .link(let code): "url:".utf8.count + code.count
        }
    }
}

extension ByteBuffer {
    /// The room's text, without a `String` in between.
    fileprivate mutating func write(_ room: Room) {
        switch room {
        case .user(let id):
            writeStaticString("user:")
            writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { bytes in
                id.write(to: bytes)
                return 24
            }
        case .link(let code):
            writeStaticString("url:")
            code.withBytes { _ = writeBytes($0) }
        }
    }

    fileprivate mutating func write(decimal number: Int64) {
        let count = number.digits
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            var rest = number
            for index in stride(from: count - 1, through: 0, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            return count
        }
    }

    /// `id:` and `event:` of a server-sent event, up to its data (HTML standard §9.2.5).
    fileprivate mutating func writeEventStart(_ type: StaticString, id: Position) {
        writeStaticString("id: ")
        write(decimal: Int64(id.epoch))
        writeStaticString(":")
        write(decimal: id.number)
        writeStaticString("\nevent: ")
        writeStaticString(type)
        writeStaticString("\ndata: ")
    }
}

extension Int64 {
    /// Decimal digits; for what is not negative.
    fileprivate var digits: Int {
        var (count, bound) = (1, Int64(10))
        while self >= bound {
            count += 1
            guard bound <= .max / 10 else { break }
            bound *= 10
        }
        return count
    }
}
