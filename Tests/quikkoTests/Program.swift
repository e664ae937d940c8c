import Foundation
import Glibc
import Testing

@testable import Kit

/// The program itself, run as a user would: a process with its own home.
final class Program: Sendable {
    struct Result: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Next to the test bundle, unless `QUIKKO_TEST_PROGRAM` names another build.
    static let executable =
        ProcessInfo.processInfo.environment["QUIKKO_TEST_PROGRAM"].map { URL(filePath: $0) }
        ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "quikko")

    let home: URL

    init() throws {
        home = FileManager.default.temporaryDirectory.appending(path: "quikko-home-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    private func process(
        _ arguments: [String], _ environment: [String: String], executable: URL = executable
    ) -> SpawnedProcess {
        var variables = ["HOME": home.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        variables.merge(environment) { $1 }
        return SpawnedProcess(executable, arguments, environment: variables)
    }

    /// Runs to the end.
    func run(
        _ arguments: String..., environment: [String: String] = [:], input: String = ""
    ) async throws -> Result {
        try await run(arguments, environment: environment, input: input)
    }

    func run(_ arguments: [String], environment: [String: String] = [:], input: String = "") async throws -> Result {
        try await run(process(arguments, environment), input: input)
    }

    /// Runs another program the same way.
    func run(executable: URL, in directory: URL, environment: [String: String]) async throws -> Result {
        let process = process([], environment, executable: executable)
        process.directory = directory
        return try await run(process, input: "")
    }

    private func run(_ process: SpawnedProcess, input: String) async throws -> Result {
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.input, process.output, process.errors) = (.pipe(standardInput), .pipe(output), .pipe(errors))
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        async let out = Self.text(of: output)
        async let error = Self.text(of: errors)
        let status = await process.end()
        return Result(status: status, output: try await out, errors: try await error)
    }

    private static func text(of pipe: Pipe) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // Reading blocks, so it gets a thread of its own.
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
                    })
            }
        }
    }

    /// A running `quikko serve`, known by its ready line.
    final class Server: @unchecked Sendable {
        // `process` is started before this object exists and only waited for and signalled after it.
        private let process: SpawnedProcess
        let errors: Pipe
        let url: String
        let port: Int
        let keyFile: String

        struct Ready: Decodable {
            let url: String
            let port: Int
            let pid: Int32
            let keyFile: String
        }

        fileprivate init(_ process: SpawnedProcess, _ ready: Ready, _ errors: Pipe) {
            self.process = process
            self.errors = errors
            (url, port, keyFile) = (ready.url, ready.port, ready.keyFile)
            #expect(ready.pid == process.identifier)
        }

        /// An administrator's API key.
        var key: String {
            get throws { try #require(try KeyFile(URL(filePath: keyFile)).key(for: Origin(url).description)) }
        }

        var client: APIClient {
            get throws {
                let origin = try Origin(url)
                return APIClient(origin, credential: try KeyFile(URL(filePath: keyFile)).key(for: origin.description))
            }
        }

        /// Its process id.
        var identifier: Int32 { process.identifier }

        func signal(_ number: Int32) { process.signal(number) }

        /// The exit status; 128 and more for signals.
        func end() async -> Int32 { await process.end() }
    }

    /// Starts a command whose lines are wanted while it runs.
    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> Running {
        try start(arguments, environment: environment)
    }

    /// - Parameters:
    ///   - executable: The program itself unless named.
    ///   - watchesErrors: The lines wanted are those on standard error.
    func start(
        _ arguments: [String], executable: URL = executable, environment: [String: String] = [:],
        watchesErrors: Bool = false
    ) throws -> Running {
        let process = process(arguments, environment, executable: executable)
        let output = Pipe()
        if watchesErrors { process.errors = .pipe(output) } else { process.output = .pipe(output) }
        try process.run()
        return Running(process, output)
    }

    /// A command under way.
    final class Running: @unchecked Sendable {
        // `process` is started before this object exists and only waited for and signalled after it.
        private let process: SpawnedProcess
        /// What it prints, line by line.
        let lines: AsyncStream<String>

        var identifier: Int32 { process.identifier }

        fileprivate init(_ process: SpawnedProcess, _ output: Pipe) {
            self.process = process
            let (lines, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .unbounded)
            self.lines = lines
            // Reading blocks, so it gets a thread of its own.
            Thread.detachNewThread {
                var rest = Data()
                // What is there: `read(upToCount:)` would wait for the whole count.
                while case let bytes = output.fileHandleForReading.availableData, !bytes.isEmpty {
                    rest += bytes
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                        rest = rest[rest.index(after: end)...]
                    }
                }
                continuation.finish()
            }
        }

        func signal(_ number: Int32) { process.signal(number) }

        /// The exit status; 128 and more for signals.
        func end() async -> Int32 { await process.end() }
    }

    /// Starts `serve` on a free port and returns once it accepts.
    func serve(_ arguments: String..., environment: [String: String] = [:]) async throws -> Server {
        try await serve(arguments, environment: environment)
    }

    func serve(_ arguments: [String], environment: [String: String] = [:]) async throws -> Server {
        let process = process(
            ["serve", "--print-ready"] + (arguments.contains("--port") ? [] : ["--port", "0"]) + arguments, environment)
        let (output, errors) = (Pipe(), Pipe())
        (process.output, process.errors) = (.pipe(output), .pipe(errors))
        try process.run()
        let line = try await Self.firstLine(of: output)
        let ready = try JSONDecoder().decode(Server.Ready.self, from: Data(line.utf8))
        let server = Server(process, ready, errors)
        // A connection to the server that had this port before may still be in the clients' pool.
        for _ in 0..<20 where arguments.contains("--port") {
            if (try? await server.client.server()) != nil { break }
        }
        return server
    }

    private static func firstLine(of pipe: Pipe) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                var line = Data()
                while let byte = try? pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty,
                    byte != Data("\n".utf8)
                {
                    line += byte
                }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
    }
}
