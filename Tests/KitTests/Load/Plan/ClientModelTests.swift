import Testing

@testable import Kit

struct ClientModelTests {
    @Test func `a list of clients is read, and written as it was`() throws {
        let text =
            "fast:200,never:5,trickle=1KiB/s:3,stall=1s/4s:5,no-pong:2,reset=2s:3,frozen:1,churn=50/s:1,slow-handshake:5"
        let groups = try ClientGroup.read(text)
        #expect(
            groups == [
                ClientGroup(.fast, count: 200), ClientGroup(.never, count: 5),
                ClientGroup(.trickle(bytesPerSecond: 1_024), count: 3),
                ClientGroup(.stall(on: .seconds(1), off: .seconds(4)), count: 5), ClientGroup(.noPong, count: 2),
                ClientGroup(.reset(every: .seconds(2)), count: 3), ClientGroup(.frozen, count: 1),
                ClientGroup(.churn(perSecond: 50), count: 1), ClientGroup(.slowHandshake, count: 5),
            ])
        #expect(groups.map(\.description).joined(separator: ",") == text)
    }

    @Test(arguments: [
        ("trickle=1024", "trickle=1KiB/s"), ("trickle=1.5KiB/s", "trickle=1536/s"),
        ("trickle=1000/s", "trickle=1000/s"),
        ("trickle=2MiB/s", "trickle=2MiB/s"), ("stall=0.5s/60s", "stall=500ms/1m"), ("reset=90s", "reset=90s"),
        ("churn=50", "churn=50/s"), ("churn=0.5/s", "churn=0.5/s"),
    ])
    func `values are written in their shortest exact form`(text: String, written: String) throws {
        let model = try ClientModel(text)
        #expect(model.description == written)
        #expect(try ClientModel(written) == model)
    }

    @Test func `counts may have their suffix, and none is no client`() throws {
        #expect(try ClientGroup.read("fast:10k") == [ClientGroup(.fast, count: 10_000)])
        #expect(try ClientGroup.read("none").isEmpty)
    }

    @Test(arguments: [
        ("", "says not how many"), ("fast", "write it like never:5"), ("fast:", "write a count"),
        ("fast:0", "fast:5"), ("fast:-1", "write a count"), ("fast:1.5", "write a count"),
        ("fast:5,", "says not how many"), ("slow:5", "known: fast, never, trickle=1KiB/s"),
        ("Fast:5", "is not known"), ("fast=3:5", "fast takes no value"), ("trickle:5", "write it like trickle=1KiB/s"),
        ("trickle=:5", "bytes a second like 1KiB/s"), ("trickle=0:5", "bytes a second like 1KiB/s"),
        ("trickle=1KB/s:5", "bytes a second like 1KiB/s"), ("stall=1s:5", "like stall=1s/4s"),
        ("stall=1s/4s/1s:5", "like stall=1s/4s"), ("stall=1s/x:5", "write a duration"),
        ("reset=2:5", "write a duration"),
        ("churn=nan:5", "write a rate like 200/s"), ("churn=-1/s:5", "write a rate like 200/s"),
        ("\u{1B}[31m:5", "\"\u{FFFD}[31m\" is not known"),
    ])
    func `other text is no list of clients, and the answer says what would be`(text: String, answer: String) {
        let error = #expect(throws: KitError.self) { try ClientGroup.read(text) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(answer) == true, "\(error?.message ?? "")")
    }

    @Test func `every model has a role`() {
        let roles = ClientModel.examples.map { "\($0.name) \($0.role)" }
        #expect(
            roles == [
                "fast fast", "never slow", "trickle slow", "stall slow", "no-pong slow", "reset slow", "frozen slow",
                "churn churn", "slow-handshake churn",
            ])
    }
}
