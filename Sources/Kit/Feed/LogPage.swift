/// What a store has of a feed behind some position: only what is durable.
struct LogPage: Sendable, Equatable {
    var clicks: [Click] = []
    var holes: [Hole] = []
    /// Whether there is more behind it.
    var isFull = false
}
