import Foundation
import Glibc

@testable import Kit

/// A child process, by posix_spawn.
///
/// Not Foundation's `Process`: that one reads the list of open files past the end of its buffer, and with as many files as the
/// tests have open it crashed one run in five.
///
/// `@unchecked` holds because everything is set before `run` and only read after it.
final class SpawnedProcess: @unchecked Sendable {
    private typealias CloseFrom = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private typealias ChangeDirectory = @convention(c) (UnsafeMutableRawPointer, UnsafePointer<CChar>) -> Int32
    /// Swift's Glibc leaves out what is not in POSIX.
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: CloseFrom.self)
    }
    private static let changeDirectory = dlsym(nil, "posix_spawn_file_actions_addchdir_np").map {
        unsafeBitCast($0, to: ChangeDirectory.self)
    }

    enum Stream {
        case null
        case pipe(Pipe)
    }

    struct CannotSpawn: Error {
        let code: Int32
    }

    let program: URL
    let arguments: [String]
    let environment: [String: String]
    var directory: URL?
    var input = Stream.null
    var output = Stream.null
    var errors = Stream.null
    private(set) var identifier: pid_t = 0
    private var status: Int32 = 0
    private let ended = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))

    init(_ program: URL, _ arguments: [String], environment: [String: String]) {
        (self.program, self.arguments, self.environment) = (program, arguments, environment)
    }

    /// Its ends of the pipes are closed here: whoever reads the others sees when it has ended.
    func run() throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var ends: [FileHandle] = []
        for (number, stream) in [input, output, errors].enumerated() {
            switch stream {
            case .null: posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            case .pipe(let pipe):
                let end = number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting
                posix_spawn_file_actions_adddup2(&actions, end.fileDescriptor, Int32(number))
                ends.append(end)
            }
        }
        if let directory { _ = Self.changeDirectory?(&actions, directory.path) }
        // Pipes of other tests among them: a child that held one would keep its reader waiting.
        _ = Self.closeFrom?(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Child.useUsualSignals(&attributes)
        let words = CStrings([program.path] + arguments)
        let variables = CStrings(environment.map { "\($0)=\($1)" })
        let code = withExtendedLifetime((words, variables)) {
            posix_spawn(&identifier, program.path, &actions, &attributes, words.pointers, variables.pointers)
        }
        for end in ends { try end.close() }
        guard code == 0 else { throw CannotSpawn(code: code) }
        Thread.detachNewThread { [self] in
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            ended.continuation.finish()
        }
    }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// The exit status; 128 and more for signals.
    func end() async -> Int32 {
        for await _ in ended.stream {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}
