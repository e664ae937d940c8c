import Synchronization

/// Whether someone still waits for the pages asked for. Ended on a loop, looked at on readers' threads.
final class PageLife: Sendable {
    private let over = Atomic<Bool>(false)

    var isOver: Bool { over.load(ordering: .relaxed) }
    func end() { over.store(true, ordering: .relaxed) }
}
