import Testing

@testable import Kit

struct RunningChildrenTests {
    private static func sleeper() throws -> Child {
        try Child.spawn("/bin/sleep", arguments: ["sleep", "600"], environment: [])
    }

    @Test func `all that run are ended, and so is one that is started afterwards`() throws {
        let children = RunningChildren()
        let (gone, first, second) = (try Self.sleeper(), try Self.sleeper(), try Self.sleeper())
        for child in [gone, first] { children.add(child.process) }
        #expect(!first.hasEnded)
        gone.end(within: 5)
        children.remove(gone.process)
        children.killAll()
        children.add(second.process)
        for child in [first, second] {
            while !child.hasEnded {}
            child.end(within: 5)
        }
    }
}
