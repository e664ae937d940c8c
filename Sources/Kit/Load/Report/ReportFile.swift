import Foundation

/// A report as a file: JSON with underscores in its names, indented, its keys sorted, so that two can be compared by line.
public enum ReportFile {
    /// Bytes read at most; a report of an hour with a hundred clients is under 2 MiB.
    public static let limit = 64 << 20

    /// UTF-8 with a line feed at the end.
    /// - Throws: `.internal` when a figure is infinite or no number, for which JSON has no word.
    public static func encode(_ report: LoadReport) throws(KitError) -> [UInt8] {
        let encoder = JSONEncoder()
        // Dictionaries with texts as keys keep them: the strategy is for the names of members.
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(report)) + [UInt8(ascii: "\n")]
        } catch {
            throw KitError(.internal, "the report has a figure that is no number", cause: error)
        }
    }

    /// - Parameter name: For the message, such as the path the bytes came from.
    /// - Throws: `.invalid` when they are damaged or of another schema.
    public static func decode(_ bytes: [UInt8], name: String) throws(KitError) -> LoadReport {
        guard bytes.count <= limit else {
            throw refusal(name, "a report has at most \(limit >> 20) MiB, this has \(bytes.count >> 20) MiB")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let data = Data(bytes)
            let schema = try decoder.decode(Head.self, from: data).schema
            guard schema == LoadReport.schemaName else {
                throw refusal(name, "its schema is \(JSON.string(schema).text), not \(LoadReport.schemaName)")
            }
            let report = try decoder.decode(LoadReport.self, from: data)
            for metric in report.metrics {
                guard let pairs = metric.histogram, HistogramSteps(pairs) == nil else { continue }
                throw refusal(name, damaged("the histogram of \(metric.name) \(metric.scope) has no rising steps"))
            }
            return report
        } catch let error as KitError {
            throw error
        } catch let error as DecodingError {
            throw refusal(name, damaged(words(for: error)))
        } catch {
            throw refusal(name, damaged("it is no JSON"))
        }
    }

    private struct Head: Decodable {
        let schema: String
    }

    private static func refusal(_ name: String, _ reason: String) -> KitError {
        KitError(.invalid, "\(name) is no report of quikko loadtest; \(reason)")
    }

    private static func damaged(_ reason: String) -> String {
        "give the report.json of a run (\(reason))"
    }

    private static func words(for error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): "\(path(context.codingPath)) is null"
        case .typeMismatch(_, let context): "\(path(context.codingPath)) has the wrong type"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "it is no JSON"
        case .dataCorrupted(let context): "\(path(context.codingPath)) has no value we know"
        @unknown default: "it cannot be read"
        }
    }

    /// `accounting.in_doubt`, `metrics[3].unit`: as the file writes it.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                let separator = text.isEmpty ? "" : "."
                text +=
                    separator
                    + key.stringValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
            }
        }
    }
}
