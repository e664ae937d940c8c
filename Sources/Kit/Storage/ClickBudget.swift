import Synchronization

/// The redirects a link has left; exact however many loops ask at once.
final class ClickBudget: Sendable {
    /// Below 0 when a maximum was lowered under what had been given.
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    var isSpent: Bool { left.load(ordering: .relaxed) <= 0 }

    /// Takes one; false when there is none.
    func take() -> Bool {
        var count = left.load(ordering: .relaxed)
        while count > 0 {
            let (exchanged, original) = left.weakCompareExchange(
                expected: count, desired: count - 1, ordering: .relaxed)
            if exchanged { return true }
            count = original
        }
        return false
    }

    func add(_ count: Int) { left.add(count, ordering: .relaxed) }
}
