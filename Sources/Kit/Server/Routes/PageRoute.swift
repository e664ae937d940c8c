import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// `GET /`: the live page, from the binary.
enum PageRoute {
    /// Its only style and script are named by their hashes: nothing else runs, whatever ends up in the page.
    static let page: HTTPResponse = {
        let html = Page.html.description
        let policy = """
            default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
            frame-ancestors 'none'; style-src '\(hash(of: "style", in: html))'; script-src '\(hash(of: "script", in: html))'
            """
        var headers = HTTPResponse.securityHeaders.filter { $0.name != "Content-Security-Policy" }
        headers += [
            ("Content-Security-Policy", policy), ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-cache"),
        ]
        return HTTPResponse(status: .ok, headers: headers, body: ByteBuffer(string: html))
    }()

    private static func hash(of element: String, in html: String) -> String {
        guard let start = html.firstRange(of: "<\(element)>"),
            let end = html[start.upperBound...].firstRange(of: "</\(element)>")
        else { return "sha256-" }
        let content = html[start.upperBound..<end.lowerBound]
        return "sha256-" + Base64.encode(SHA256.hash(data: Data(content.utf8)))
    }
}
