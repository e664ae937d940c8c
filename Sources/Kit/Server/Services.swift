import Logging
import NIOCore
import Synchronization

/// What every connection may ask for; made once at start.
final class Services: Sendable {
    let configuration: ServerConfiguration
    let directory: Directory
    let authenticator: Authenticator
    let links: LinkTable
    let sequencer: Sequencer
    let recorder: ClickRecorder
    let codes: CodeMaker
    let log: Logger
    /// Open WebSockets, for the limit.
    let connectionCount = Atomic<Int>(0)
    /// Known once the server listens: how short URLs begin.
    private let address = Mutex("")
    /// The server's loops, for totals; set once before the first connection.
    private let allLoops = Mutex<[ServerLoop]>([])
    private let stopping = Atomic<Bool>(false)

    init(
        configuration: ServerConfiguration, directory: Directory, authenticator: Authenticator, links: LinkTable,
        sequencer: Sequencer, recorder: ClickRecorder, log: Logger
    ) {
        self.configuration = configuration
        self.directory = directory
        self.authenticator = authenticator
        self.links = links
        self.sequencer = sequencer
        self.recorder = recorder
        codes = CodeMaker(seed: configuration.seed)
        self.log = log
    }

    var baseURL: String {
        get { address.withLock { $0 } }
        set { address.withLock { $0 = newValue } }
    }

    var loops: [ServerLoop] {
        get { allLoops.withLock { $0 } }
        set { allLoops.withLock { $0 = newValue } }
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    func beginStopping() { stopping.store(true, ordering: .relaxed) }

    /// Why the server does not do all it promises; empty when it does.
    var complaints: [String] {
        var reasons: [String] = []
        if recorder.isFailing { reasons.append("the click log cannot be written") }
        if sequencer.counters.lost > 0 { reasons.append("clicks were lost from the log") }
        return reasons
    }
}

/// Makes short codes: random ones, or for scripts the same ones every time.
final class CodeMaker: Sendable {
    private let seeded: Mutex<SeededGenerator?>

    init(seed: UInt64?) { seeded = Mutex(seed.map { SeededGenerator(state: $0) }) }

    func next() -> ShortCode {
        seeded.withLock { seeded in
            guard var generator = seeded else {
                var generator = SystemRandomNumberGenerator()
                return ShortCode.random(using: &generator)
            }
            defer { seeded = generator }
            return ShortCode.random(using: &generator)
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small and repeatable; not for secrets.
    struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }
}
