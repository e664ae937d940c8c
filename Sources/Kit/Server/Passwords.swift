import NIOCore
import NIOPosix
import Synchronization

/// Makes and checks passwords on threads of their own: each takes tens of milliseconds and 32 MiB.
///
/// Bounded: 32 wait at most; above that whoever comes is told to try again.
final class Passwords: Sendable {
    private static let most = 32
    private let threads = NIOThreadPool(numberOfThreads: 2)
    private let waiting = Atomic<Int>(0)
    private let nobody = PasswordHash.nobody()

    func start() { threads.start() }
    func stop() async { try? await threads.shutdownGracefully() }

    func hash(_ password: String, on loop: any EventLoop) -> EventLoopFuture<PasswordHash> {
        run(on: loop) { try PasswordHash(of: password) }
    }

    /// Whether `password` is the one kept. Takes as long when none is kept.
    func check(_ password: String, against kept: PasswordHash?, on loop: any EventLoop) -> EventLoopFuture<Bool> {
        run(on: loop) { [nobody] in
            let matches = try (kept ?? nobody).matches(password)
            return matches && kept != nil
        }
    }

    private func run<Answer: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable () throws -> Answer
    ) -> EventLoopFuture<Answer> {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.most else {
            waiting.subtract(1, ordering: .relaxed)
            return loop.makeFailedFuture(KitError(.unavailable, "too many people log in at this moment; try again"))
        }
        return threads.runIfActive(eventLoop: loop, body).always { [self] _ in waiting.subtract(1, ordering: .relaxed) }
            .flatMapErrorThrowing { error in
                throw error as? KitError ?? KitError(.unavailable, "the server is stopping; try again", cause: error)
            }
    }
}
