import NIOCore
import NIOHTTP1

/// `/docs`: the REST API for people, and its OpenAPI document for programs.
enum DocsRoute {
    static let json: HTTPResponse = page(OpenAPIDocument.json.text, "application/json")
    static let yaml: HTTPResponse = page(OpenAPIDocument.yaml, "application/yaml")
    static let html: HTTPResponse = page(text, "text/html; charset=utf-8")

    private static func page(_ body: String, _ type: String) -> HTTPResponse {
        let headers = HTTPResponse.securityHeaders + [("Content-Type", type)]
        return HTTPResponse(status: .ok, headers: headers, body: ByteBuffer(string: body))
    }

    private static var text: String {
        var text = """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>quikko's API</title>
            <h1>quikko's API</h1>
            <p>The same for programs: <a href="/docs/openapi.json">openapi.json</a>, <a href="/docs/openapi.yaml">openapi.yaml</a>.
            Credentials go into <code>Authorization: Bearer</code>.</p>

            """
        guard case .object(let paths)? = OpenAPIDocument.json["paths"] else { return text }
        for (path, operations) in paths.members {
            guard case .object(let operations) = operations else { continue }
            for (method, operation) in operations.members { text += section(path, method, operation) }
        }
        return text + "</html>\n"
    }

    private static func section(_ path: String, _ method: String, _ operation: JSON) -> String {
        var text =
            "<h2 id=\"\(word(operation["operationId"]))\"><code>\(method.uppercased()) \(HTMLText.escaped(path))</code></h2>\n"
        text += "<p>\(word(operation["summary"]))</p>\n"
        if case .array(let parameters)? = operation["parameters"], !parameters.isEmpty {
            text += "<ul>\n"
            for parameter in parameters {
                text +=
                    "<li><code>\(word(parameter["name"]))</code> in the \(word(parameter["in"])): "
                    + "<code>\(HTMLText.escaped(parameter["schema"]?.text ?? ""))</code> \(word(parameter["description"]))</li>\n"
            }
            text += "</ul>\n"
        }
        if let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"] {
            text += "<p>Body: <code>\(HTMLText.escaped(schema.text))</code></p>\n"
        }
        guard case .object(let responses)? = operation["responses"] else { return text }
        return text + "<p>Answers: \(responses.members.map(\.key).joined(separator: ", "))</p>\n"
    }

    private static func word(_ value: JSON?) -> String {
        if case .string(let text)? = value { HTMLText.escaped(text) } else { "" }
    }
}
