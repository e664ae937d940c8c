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

    private struct Kind: Decodable { let type: String }
    private struct Body<Payload: Decodable>: Decodable { let payload: Payload }
    private struct Subscription: Decodable { let shortCode: String }
    private struct Refusal: Decodable {
        let code: String
        let message: String
    }

    /// Reads either direction's message: first its type, then what that type needs and nothing else.
    init(_ bytes: ByteBuffer) throws(Failure) {
        let data = Data(buffer: bytes)
        guard let kind = try? JSONDecoder().decode(Kind.self, from: data) else { throw .notJSON }
        func payload<Payload: Decodable>(_ type: Payload.Type) -> Payload? {
            try? JSONDecoder().decode(Body<Payload>.self, from: data).payload
        }
        switch kind.type {
        case "subscribe":
            guard let code = payload(Subscription.self)?.shortCode, !code.isEmpty else { throw .noShortCode }
            self = .subscribe(code)
        // Silent even when it makes no sense, as the original is.
        case "unsubscribe": self = .unsubscribe(payload(Subscription.self)?.shortCode ?? "")
        case "click_event":
            guard let click = payload(ClickEvent.self) else { throw .noShortCode }
            self = .clickEvent(click)
        case "error":
            let refusal = payload(Refusal.self)
            self = .error(code: refusal?.code ?? "", message: refusal?.message ?? "")
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
