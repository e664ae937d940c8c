import Foundation
import NIOCore
import NIOFoundationCompat

/// The native messages: `{"type":…,"payload":{…}}` both ways, one JSON object a frame.
enum QuikkoMessage: Equatable {
    case subscribe(String)
    case unsubscribe(String)
    case clickEvent(ClickEvent)
    case error(code: String, message: String)

    /// Why a frame was not understood.
    enum Failure: Error {
        case notJSON, unknownType, noShortCode

        var advice: String {
            switch self {
            case .notJSON: "a message is one JSON object with a type and a payload"
            case .unknownType: "unknown type; clients send subscribe or unsubscribe"
            case .noShortCode: "the payload needs a shortCode"
            }
        }
    }

    private struct Envelope: Decodable {
        struct Payload: Decodable {
            var shortCode: String?
            var country: String?
            var deviceType: String?
            var browser: String?
            var timestamp: String?
            var code: String?
            var message: String?
        }
        let type: String
        let payload: Payload?
    }

    /// Reads either direction's message.
    init(_ bytes: ByteBuffer) throws(Failure) {
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(buffer: bytes)) else {
            throw .notJSON
        }
        let payload = envelope.payload
        switch envelope.type {
        case "subscribe":
            guard let code = payload?.shortCode, !code.isEmpty else { throw .noShortCode }
            self = .subscribe(code)
        case "unsubscribe": self = .unsubscribe(payload?.shortCode ?? "")
        case "click_event":
            guard let code = payload?.shortCode else { throw .noShortCode }
            self = .clickEvent(
                ClickEvent(
                    shortCode: code, country: payload?.country ?? "unknown",
                    deviceType: payload?.deviceType ?? "unknown",
                    browser: payload?.browser ?? "unknown", timestamp: payload?.timestamp ?? ""))
        case "error": self = .error(code: payload?.code ?? "", message: payload?.message ?? "")
        default: throw .unknownType
        }
    }

    /// The message's JSON, keys in the order the original writes them.
    var bytes: ByteBuffer {
        let (type, payload): (String, JSON) =
            switch self {
            case .subscribe(let code): ("subscribe", ["shortCode": .string(code)])
            case .unsubscribe(let code): ("unsubscribe", ["shortCode": .string(code)])
            case .clickEvent(let click):
                (
                    "click_event",
                    [
                        "shortCode": .string(click.shortCode), "country": .string(click.country),
                        "deviceType": .string(click.deviceType), "browser": .string(click.browser),
                        "timestamp": .string(click.timestamp),
                    ]
                )
            case .error(let code, let message): ("error", ["code": .string(code), "message": .string(message)])
            }
        return ByteBuffer(string: (["type": .string(type), "payload": payload] as JSON).text)
    }
}
