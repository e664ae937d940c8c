import NIOCore
import NIOHTTP1

/// `GET /{code}+`: where a link leads, for people who want to know before they follow it. It is no click.
enum PreviewRoute {
    static func show(_ segment: Substring, _ call: Call) throws(KitError) -> HTTPResponse {
        guard let code = try? ShortCode(String(segment)), let entry = call.services.links.entry(code) else {
            throw KitError(.notFound, "no link has this code")
        }
        let destination = entry.link.destination.description
        let status = LinkView.status(of: entry, now: call.now)
        guard call.request.head.headers.first(name: "accept")?.contains("text/html") == true else {
            return HTTPResponse([
                "shortCode": .string(code.description), "originalUrl": .string(destination),
                "host": .string(entry.link.destination.host), "status": .string(status),
                "createdAt": .string(entry.link.createdAt.secondsDescription),
            ])
        }
        let isOpen = status == "active"
        var response = HTTPResponse(
            status: .ok,
            body: ByteBuffer(string: page(code, destination, entry.link.destination.host, status, isOpen)))
        response.headers.append(("Content-Type", "text/html; charset=utf-8"))
        return response
    }

    private static func page(
        _ code: ShortCode, _ destination: String, _ host: String, _ status: String, _ isOpen: Bool
    ) -> String {
        let target = HTMLText.escaped(destination)
        return """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta name="robots" content="noindex"><title>\(code) leads to \(HTMLText.escaped(host))</title>
            <h1>\(code) leads to \(HTMLText.escaped(host))</h1>
            <p>\(isOpen ? "<a rel=\"noreferrer nofollow\" href=\"\(target)\">\(target)</a>" : target)</p>
            <p>\(isOpen ? "This page is no click; following the address above is none either." : "The link is \(status): it does not lead there now.")</p>
            </html>
            """
    }
}

/// Text that ends up in a page.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
