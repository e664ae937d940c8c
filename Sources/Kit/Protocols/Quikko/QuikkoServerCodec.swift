import NIOCore

/// The native protocol, server half: the original dashboard's WebSocket.
///
/// No greeting; the own `user:` room without a message; `subscribe` and `unsubscribe` are silent when they succeed.
struct QuikkoServerCodec: ServerCodec {
    static let maximumMessage = 1_024
    /// Link rooms one connection may remember; above it `subscribe` is refused.
    static let maximumSubscriptions = 1_024

    /// Link rooms this connection asked for. They add no delivery: each is a subset of the `user:` room it already has,
    /// and a click is delivered once per connection.
    private var subscriptions: Set<Room> = []

    static func claims(_ request: UpgradeRequest) -> Bool { request.path == "/ws" }

    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential {
        if let token = request.value("token"), !token.isEmpty { return .token(token) }
        if let ticket = request.value("ticket"), !ticket.isEmpty { return .ticket(ticket) }
        throw KitError(.unauthorized, "open this socket with ?token= or ?ticket=")
    }

    mutating func opened(_ identity: Identity) -> [Action] { [.join(.user(identity.user))] }

    mutating func receive(_ message: ByteBuffer) -> [Action] {
        do throws(QuikkoMessage.Failure) {
            switch try QuikkoMessage(message) {
            case .subscribe(let text):
                guard subscriptions.count < Self.maximumSubscriptions else {
                    return refuse("VALIDATION_ERROR", "too many subscriptions on one connection; unsubscribe first")
                }
                // What cannot be a code is no link of anyone's: the same answer as for a foreign one.
                guard let code = try? ShortCode(text) else { return refuseRoom() }
                return [.authorize(.link(code))]
            case .unsubscribe(let text):
                if let code = try? ShortCode(text) { subscriptions.remove(.link(code)) }
                return []
            case .clickEvent, .error:
                return refuse("VALIDATION_ERROR", "clients send subscribe or unsubscribe")
            }
        } catch {
            return refuse("VALIDATION_ERROR", error.advice)
        }
    }

    mutating func subscribed(to room: Room, _ result: Result<Void, KitError>) -> [Action] {
        guard case .success = result else { return refuseRoom() }
        subscriptions.insert(room)
        return []
    }

    private func refuseRoom() -> [Action] { refuse("FORBIDDEN", "no link of yours has this code") }

    private func refuse(_ code: String, _ message: String) -> [Action] {
        [.send(QuikkoMessage.error(code: code, message: message).bytes)]
    }
}

extension QuikkoServerCodec {
    /// `{"type":"click_event","payload":{…}}` with exactly five keys, written straight into the batch.
    static func encode(_ event: Event, for audience: Audience, into batch: inout ByteBuffer) -> Bool {
        guard case .click(let click) = event else { return false }
        let country = click.details.country
        let device = click.details.device.name
        let browser = click.details.browser.name
        let payload =
            Part.code.utf8CodeUnitCount + click.code.count + Part.country.utf8CodeUnitCount + (country.isKnown ? 2 : 7)
            + Part.device.utf8CodeUnitCount + device.utf8CodeUnitCount + Part.browser.utf8CodeUnitCount
            + browser.utf8CodeUnitCount + Part.timestamp.utf8CodeUnitCount + Timestamp.textLength
            + Part.end.utf8CodeUnitCount
        batch.reserveCapacity(minimumWritableBytes: payload + 4)
        batch.writeFrameHeader(.text, payload: payload)
        batch.writeStaticString(Part.code)
        click.code.withBytes { _ = batch.writeBytes($0) }
        batch.writeStaticString(Part.country)
        if country.isKnown {
            batch.writeMultipleIntegers(country.letters.0, country.letters.1)
        } else {
            batch.writeStaticString("unknown")
        }
        batch.writeStaticString(Part.device)
        batch.writeStaticString(device)
        batch.writeStaticString(Part.browser)
        batch.writeStaticString(browser)
        batch.writeStaticString(Part.timestamp)
        batch.writeWithUnsafeMutableBytes(minimumWritableBytes: Timestamp.textLength) { bytes in
            click.at.write(to: bytes)
            return Timestamp.textLength
        }
        batch.writeStaticString(Part.end)
        return true
    }

    private enum Part {
        static let code: StaticString = #"{"type":"click_event","payload":{"shortCode":""#
        static let country: StaticString = #"","country":""#
        static let device: StaticString = #"","deviceType":""#
        static let browser: StaticString = #"","browser":""#
        static let timestamp: StaticString = #"","timestamp":""#
        static let end: StaticString = #""}}"#
    }
}
