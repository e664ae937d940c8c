import Dispatch
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: the first is a request, the second ends the program at once.
///
/// `@unchecked` holds because `sources` is set once, before anyone else has the object, and only kept alive after that.
final class Interrupts: @unchecked Sendable {
    static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// The first signal's number.
    let first: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]
    private let count = Atomic<Int>(0)

    /// - Parameter lastWords: Run before the second signal ends the program; must be quick.
    init(lastWords: @escaping @Sendable () -> Void = {}) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingOldest(1))
        first = stream
        sources = Self.signals.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for (source, number) in zip(sources, Self.signals) {
            source.setEventHandler { [self] in
                guard count.add(1, ordering: .relaxed).oldValue == 0 else {
                    lastWords()
                    _exit(128 + number)
                }
                continuation.yield(number)
            }
            source.resume()
        }
    }
}
