import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import Page

/// `GET /` and `GET /-/…`: the dashboard, from the binary. A short code has three characters at least, so `-` is none.
enum PageRoute {
    /// Nothing but our own files runs, is shown or is asked; text never becomes markup.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
        """

    private static let files: [String: HTTPResponse] = {
        var files: [String: HTTPResponse] = [:]
        for index in 0..<page_file_count() {
            let file = page_file_at(index)
            let name = String(cString: file.name)
            files[name == "index.html" ? "/" : "/-/" + name] = answer(
                name, ByteBuffer(bytes: UnsafeBufferPointer(start: file.bytes, count: file.count)))
        }
        return files
    }()

    /// - Throws: `.notFound` when the dashboard has no such file.
    static func file(_ call: Call) throws(KitError) -> HTTPResponse {
        guard let file = files[call.request.path] else { throw KitError(.notFound, "nothing is served at this path") }
        // Always asked for, seldom sent: after an update no file of the old version is taken for one of the new.
        let known = call.request.head.headers[canonicalForm: "if-none-match"]
        guard file.headers.contains(where: { $0.name == "ETag" && known.contains($0.value[...]) }) else { return file }
        return HTTPResponse(status: .notModified, headers: file.headers.filter { $0.name != "Content-Type" })
    }

    private static func answer(_ name: String, _ body: ByteBuffer) -> HTTPResponse {
        var headers = HTTPResponse.securityHeaders
        if name == "index.html" {
            headers = headers.filter { $0.name != "Content-Security-Policy" }
            headers.append(("Content-Security-Policy", policy))
        }
        let digest = SHA256.hash(data: Data(body.readableBytesView))
        headers += [
            ("Content-Type", contentType(name)), ("Cache-Control", "no-cache"),
            ("ETag", "\"\(Base64.encode(digest).prefix(22))\""),
        ]
        return HTTPResponse(status: .ok, headers: headers, body: body)
    }

    private static func contentType(_ name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
