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
        // A frame header has at most 10 bytes, and what stands around an event in a stream fewer than 96.
        batch.write(atMost: payload + 128) { out in
            switch audience.variant {
            case .plain, .positions: WebSocketFrame.writeHeader(.text, payload: payload, to: &out)
            case .events: out.writeEventStart("click_event", id: Position(epoch: click.epoch, number: number))
            }
            out.write(Part.type)
            if audience.isNumbered { writePlace(of: click, in: room, to: &out) }
            writePayload(click, to: &out)
            if audience.variant == .events { out.write("\n\n") }
        }
        return true
    }

    /// The text of a numbered event, without a frame around it.
    static func writeText(of click: Click, in room: Room, to buffer: inout ByteBuffer) {
        let limit = length(of: click) + placeLength(room, click.epoch, click.number(in: room))
        buffer.write(atMost: limit) { out in
            out.write(Part.type)
            writePlace(of: click, in: room, to: &out)
            writePayload(click, to: &out)
        }
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
            batch.write(atMost: 128) { $0.writeEventStart(message.type, id: notice.end) }
            batch.writeImmutableBuffer(message.bytes)
            batch.writeStaticString("\n\n")
        }
        return true
    }

    /// The original has no word for it.
    static func farewell(
        returningAfter delay: Duration, to audience: Audience, into batch: inout ByteBuffer
    ) -> CloseCode {
        switch audience.variant {
        case .plain: return .goingAway
        case .positions:
            let bytes = QuikkoMessage.restart(delay).bytes
            batch.writeFrameHeader(.text, payload: bytes.readableBytes)
            batch.writeImmutableBuffer(bytes)
        // What a browser waits before it comes again (HTML standard §9.2.6).
        case .events: batch.writeString("retry: \(Int(delay / .milliseconds(1)))\n\n")
        }
        return .restarting
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
    private static func writePlace(of click: Click, in room: Room, to out: inout ByteWriter) {
        out.write(Part.room)
        out.write(room)
        out.write(Part.epoch)
        out.write(decimal: Int64(click.epoch))
        out.write(Part.number)
        out.write(decimal: click.number(in: room))
    }

    @inline(__always)
    private static func writePayload(_ click: Click, to out: inout ByteWriter) {
        out.write(Part.code)
        click.code.withBytes { out.write($0) }
        out.write(Part.country)
        if click.details.country.isKnown {
            withUnsafeBytes(of: click.details.country.letters) { out.write($0) }
        } else {
            out.write("unknown")
        }
        out.write(Part.device)
        out.write(click.details.device.name)
        out.write(Part.browser)
        out.write(click.details.browser.name)
        out.write(Part.timestamp)
        out.write(Timestamp.textLength) { click.at.write(to: $0) }
        out.write(Part.end)
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
        case .organization, .member, .accounts, .account, .totals, .entity, .dashboards: 0
        }
    }
}

extension ByteWriter {
    /// The room's text, without a `String` in between.
    fileprivate mutating func write(_ room: Room) {
        switch room {
        case .user(let id):
            write("user:")
            write(24) { id.write(to: $0) }
        case .link(let code):
            write("url:")
            code.withBytes { write($0) }
        // Nobody follows these by number.
        case .organization, .member, .accounts, .account, .totals, .entity, .dashboards: break
        }
    }

    /// `id:` and `event:` of a server-sent event, up to its data (HTML standard §9.2.5).
    fileprivate mutating func writeEventStart(_ type: StaticString, id: Position) {
        write("id: ")
        write(decimal: Int64(id.epoch))
        write(":")
        write(decimal: id.number)
        write("\nevent: ")
        write(type)
        write("\ndata: ")
    }
}
