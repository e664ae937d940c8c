import Kit

/// Links from a file: one result a line, in the order of the lines, also for those that were refused.
struct ShortenBatch {
    /// Requests under way at once: the server writes them as a group.
    private static let width = 32

    private let client: APIClient
    private let output: OutputOptions
    private let terms: (inout APIClient.LinkWish) -> Void
    private var printer: RecordPrinter
    private var (made, failed) = (0, 0)

    init(_ client: APIClient, _ output: OutputOptions, terms: @escaping (inout APIClient.LinkWish) -> Void) {
        (self.client, self.output, self.terms) = (client, output, terms)
        printer = RecordPrinter(output)
    }

    /// - Throws: status 1 when a line was refused; what would refuse every line, at once.
    mutating func run(_ input: InputLines) async throws {
        var reader = LinkLineReader()
        let screen = Terminal.errorIsTerminal && !Terminal.outputIsTerminal ? ProgressLine() : nil
        defer { screen?.end() }
        var number = 0
        while true {
            var wishes: [(number: Int, wish: Result<APIClient.LinkWish, KitError>)] = []
            while wishes.count < Self.width, let line = try input.next() {
                number += 1
                guard let wish = reader.read(line) else { continue }
                wishes.append(
                    (
                        number,
                        wish.map { wish in
                            var wish = wish
                            terms(&wish)
                            return wish
                        }
                    ))
            }
            guard !wishes.isEmpty else { break }
            for (number, result) in try await shorten(wishes) { try report(result, line: number) }
            screen?.show("\(made + failed) lines, \(failed) refused")
        }
        if failed > 0 { throw ExitStatus.failed }
    }

    private func shorten(
        _ wishes: [(number: Int, wish: Result<APIClient.LinkWish, KitError>)]
    ) async throws -> [(Int, Result<APIClient.LinkAnswer, KitError>)] {
        try await withThrowingTaskGroup(of: (Int, Result<APIClient.LinkAnswer, KitError>).self) { group in
            for (number, wish) in wishes {
                group.addTask { [client] in
                    do throws(KitError) {
                        return (number, .success(try await client.shorten(try wish.get())))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            var results: [(Int, Result<APIClient.LinkAnswer, KitError>)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
    }

    private mutating func report(_ result: Result<APIClient.LinkAnswer, KitError>, line: Int) throws {
        switch result {
        case .success(let link):
            made += 1
            printer.print(Record(made: link))
        case .failure(let error):
            // These fail the same way for every line.
            guard ![.unavailable, .unauthorized, .expired].contains(error.code) else { throw error }
            failed += 1
            Terminal.complain("quikko: line \(line): \(Terminal.printable(error.message))")
            printer.printFailure(error, line: line)
        }
    }
}

/// A line on the terminal that is written over.
final class ProgressLine {
    private var hasShown = false

    func show(_ text: String) {
        hasShown = true
        Terminal.complainInPlace(text)
    }

    func end() { if hasShown { Terminal.complain("") } }
}
