import NIOCore
import NIOHTTP1

/// An answer, whichever parser read the request.
struct HTTPResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: [(name: String, value: String)]
    var body: ByteBuffer
    /// The answer's body is a feed that goes on until the connection ends.
    var stream: Admission?

    static let securityHeaders: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]

    init(
        status: HTTPResponseStatus, headers: [(name: String, value: String)] = HTTPResponse.securityHeaders,
        body: ByteBuffer = .init()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON that is not in the envelope.
    init(status: HTTPResponseStatus = .ok, plain json: JSON) {
        self.init(status: status, body: ByteBuffer(string: json.text))
        headers.append(("Content-Type", "application/json"))
    }

    /// JSON that has been written, envelope and all.
    init(json body: ByteBuffer) {
        self.init(status: .ok, body: body)
        headers.append(("Content-Type", "application/json"))
    }

    /// `{"success":true,"data":…,"error":null}`.
    init(status: HTTPResponseStatus = .ok, _ data: JSON) {
        self.init(status: status, plain: ["success": true, "data": data, "error": nil])
    }

    /// A list with `"meta"` behind it.
    init(_ data: JSON, meta: JSON) {
        self.init(plain: ["success": true, "data": data, "error": nil, "meta": meta])
    }

    /// `{"success":false,"data":null,"error":{"code","message"}}`, with the status that belongs to the error unless another is given.
    init(_ error: KitError, status: HTTPResponseStatus? = nil) {
        self.init(
            status: status ?? Self.status(of: error.code),
            plain: [
                "success": false, "data": nil,
                "error": ["code": .string(error.code.wireName), "message": .string(error.message)],
            ])
        if let seconds = error.retryAfter ?? (error.code == .unavailable ? 1 : nil) {
            headers.append(("Retry-After", "\(seconds)"))
        }
    }

    /// The status of each error: the only such table.
    static func status(of code: KitError.Code) -> HTTPResponseStatus {
        switch code {
        case .invalid, .invalidURL: .badRequest
        case .unauthorized, .expired, .wrongPassword: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict, .emailTaken: .conflict
        case .inactive: .gone
        case .tooLarge: .payloadTooLarge
        case .limitExceeded: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .unwritable, .internal: .internalServerError
        }
    }

    /// The whole answer as HTTP/1.1 bytes.
    func write(to buffer: inout ByteBuffer, date: [UInt8], closes: Bool, isHead: Bool = false) {
        buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        buffer.writeBytes(date)
        for (name, value) in headers { buffer.writeString("\(name): \(value)\r\n") }
        // A 204 and a 304 have no body and say nothing of one (RFC 9110 §8.6).
        let hasLength = headers.contains { $0.name == "Content-Length" }
        if status != .noContent, status != .notModified, stream == nil, !hasLength {
            buffer.writeString("Content-Length: \(body.readableBytes)\r\n")
        }
        buffer.writeString(closes ? "Connection: close\r\n\r\n" : "\r\n")
        if !isHead { buffer.writeImmutableBuffer(body) }
    }
}
