import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// One request being answered, with what a route needs.
struct Call {
    let request: HTTPRequest
    let server: ServerLoop
    let now = Timestamp.now

    var services: Services { server.services }

    func answer(_ response: HTTPResponse) -> EventLoopFuture<HTTPResponse> { server.loop.makeSucceededFuture(response) }

    /// The credential of `Authorization: Bearer …`; the scheme's case does not matter.
    ///
    /// - Throws: `.unauthorized` when there is none.
    func bearer() throws(KitError) -> String {
        let parts = request.head.headers.first(name: "authorization")?.split(separator: " ", maxSplits: 1) ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw KitError(.unauthorized, "this needs the header Authorization: Bearer with an API key or a token")
        }
        return String(parts[1])
    }

    /// A cookie of this name; nil when there is none.
    func cookie(_ name: String) -> String? {
        for header in request.head.headers[canonicalForm: "cookie"] {
            for pair in header.split(separator: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                if halves.count == 2, halves[0].drop(while: { $0 == " " }) == name { return String(halves[1]) }
            }
        }
        return nil
    }

    /// The first value of a query key, percent-decoded; nil when it is absent or empty.
    func query(_ name: String) -> String? {
        UpgradeRequest(target: request.target).value(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Throws: `.invalid` when the key's value is no whole number in `range`.
    func number(_ name: String, usual: Int, _ range: ClosedRange<Int>) throws(KitError) -> Int {
        guard let text = query(name) else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw KitError(
                .invalid, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func caller() throws(KitError) -> Identity {
        try services.authenticator.callerIdentity(.bearer(bearer()), now: now)
    }

    /// Who asks, as far as addresses say: behind a trusted proxy, whom it names.
    ///
    /// - Parameter isTrusted: Whether what the request says of itself is believed.
    func client(isTrusted: Bool) -> ClientAddress {
        guard isTrusted, var list = request.head.headers[canonicalForm: "x-forwarded-for"].last.map(String.init) else {
            return request.peer
        }
        return list.withUTF8 { ClientAddress(forwardedFor: UnsafeRawBufferPointer($0)) } ?? request.peer
    }

    /// The body as JSON with its keys in order; an empty one counts as `{}`.
    ///
    /// - Throws: `.invalid` when it is not JSON.
    func json() throws(KitError) -> JSON {
        guard request.body.readableBytes > 0 else { return .object([:]) }
        return try JSON(parsing: Array(request.body.readableBytesView))
    }

    /// The body as JSON; an empty one counts as `{}`.
    ///
    /// - Throws: `.invalid` when it is not what the route takes.
    func body<Body: Decodable>(_ type: Body.Type) throws(KitError) -> Body {
        let body = request.body.readableBytes == 0 ? ByteBuffer(string: "{}") : request.body
        do {
            return try JSONDecoder().decode(type, from: Data(buffer: body))
        } catch let error as DecodingError {
            throw KitError(.invalid, "the body is not what is expected here: \(error.explanation)")
        } catch {
            throw KitError(.invalid, "the body is not JSON")
        }
    }
}

extension DecodingError {
    /// Where and what, in a few words and without the library's.
    fileprivate var explanation: String {
        func path(_ context: Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
        return switch self {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            path(context).isEmpty ? "it must be a JSON object" : "\(path(context)) has the wrong type"
        case .dataCorrupted(let context): path(context).isEmpty ? "it is not JSON" : "\(path(context)) is not valid"
        @unknown default: "it was not understood"
        }
    }
}
