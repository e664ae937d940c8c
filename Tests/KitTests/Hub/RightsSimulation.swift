import NIOCore
import NIOEmbedded
import Testing

@testable import Kit

/// One hub with sockets of every protocol and random events, and an opinion of its own about who may hear what. One seed is one
/// round, the same every time.
struct RightsSimulation {
    static let home = "org_home"
    private static let organizations = [home, "org_a", "org_b", "org_A"]
    private static let users = (0..<6).map { "usr_\($0)" }
    private static let fields = ["mail", "phone", "name", "note"]
    private static let tables = ["clicks", "orders", "people", "open"]

    /// A socket and what it is owed nothing but.
    private struct Listener {
        let wire: WireProtocol
        let organization: String
        let user: String
        let roles: Set<String>
        /// Of QuickDapp; nil while it has not said who it is.
        let account: AccountID?
        let sink: Sink
        /// Kept, because the hub does not.
        let subscriber: Subscriber
    }

    /// Takes everything.
    private final class Sink: FrameSink {
        var taken: [UInt8] = []

        func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
            taken.append(contentsOf: bytes)
            return bytes.count
        }
        func hold(_ bytes: ByteBuffer) { Issue.record("nothing has to wait") }
        func delivered(_ batch: Batch, _ messages: Range<Int>) {}
        func changed(to condition: Outbox.Condition, _ books: Outbox.Books) {}
    }

    private enum Happening {
        case click(Click)
        case change(RowChange, organization: String, user: String?, roles: [String])
        case broadcast(String, organization: String, user: String?, roles: [String])
        case notification(AccountNotification)
        case envelope(JSON, account: AccountID?)
    }

    private var random: SeededGenerator
    private let roles: [String]
    private let hierarchy: [String]
    private var policies: [String: RowPolicy.Table] = [:]
    private let settings: ProtocolSettings
    private let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), wakeRecorder: {})
    private let shard: HubShard
    private var listeners: [Listener] = []
    private var happenings: [Happening] = []

    init(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        // Sometimes more sets of roles than are told apart.
        roles = (0..<(seed.isMultiple(of: 3) ? 8 : 4)).map { "role\($0)" }
        hierarchy = Array(roles.shuffled(using: &random).prefix(Int.random(in: 0...roles.count, using: &random)))
        let names = roles
        func wanted() -> [String] {
            guard Bool.random(using: &random) else { return [] }
            return (0..<Int.random(in: 1...2, using: &random)).map { _ in
                (names + ["nobody"]).randomElement(using: &random)! + (Bool.random(using: &random) ? "+" : "")
            }
        }
        // "open" has no entry: it goes out whole.
        for name in Self.tables.dropLast() {
            var table = RowPolicy.Table()
            table.enabled = Int.random(in: 0..<8, using: &random) > 0
            table.onInsert = Int.random(in: 0..<4, using: &random) > 0
            table.onUpdate = Int.random(in: 0..<4, using: &random) > 0
            table.onDelete = Int.random(in: 0..<4, using: &random) > 0
            table.requiredRoles = wanted()
            if Bool.random(using: &random) { table.fields = Self.fields.filter { _ in Bool.random(using: &random) } }
            for field in Self.fields + ["country"] where Bool.random(using: &random) {
                table.masks[field] = .init(mask: RowMask.allCases.randomElement(using: &random)!, roles: wanted())
            }
            policies[name] = table
        }
        settings = ProtocolSettings(
            home: Self.home, policy: RowPolicy(roleHierarchy: hierarchy, tables: policies))
        shard = HubShard(loop: EmbeddedEventLoop(), sequencer: sequencer)
        shard.attach(wake: {})
        self.random = random
    }

    /// - Returns: how many combinations of a socket and an event were judged.
    mutating func run(sockets: Int, events: Int) throws -> Int {
        for _ in 0..<sockets { listeners.append(try listener()) }
        for number in 0..<events { happenings.append(try happening(number)) }
        for happening in happenings { publish(happening) }
        shard.drain()
        var known: [[UInt8]: [String]] = [:]
        var words: [Place: [String]] = [:]
        for listener in listeners {
            let heard = try known[listener.sink.taken] ?? Self.messages(listener.sink.taken)
            known[listener.sink.taken] = heard
            let place = Place(listener)
            let due = words[place] ?? happenings.compactMap { word(of: $0, for: listener) }.sorted()
            words[place] = due
            guard heard != due else { continue }
            let (extra, lacking) = (Set(heard).subtracting(due), Set(due).subtracting(heard))
            Issue.record("\(place) heard without the right \(extra), did not hear \(lacking)")
        }
        return sockets * events
    }

    /// All that decides what a socket hears.
    private struct Place: Hashable {
        let wire: WireProtocol
        let organization: String
        let user: String
        let roles: Set<String>
        let account: AccountID?

        init(_ listener: Listener) {
            (wire, organization, user) = (listener.wire, listener.organization, listener.user)
            (roles, account) = (listener.roles, listener.account)
        }
    }

    private static func messages(_ bytes: [UInt8]) throws -> [String] {
        var bytes = ByteBuffer(bytes: bytes)
        var reader = MessageReader(role: .client, maximumMessage: 1_048_576)
        var messages: [String] = []
        while case .text(let text)? = try reader.next(from: &bytes) { messages.append(String(buffer: text)) }
        return messages.sorted()
    }

    // MARK: Sockets

    private mutating func listener() throws -> Listener {
        let wire: WireProtocol = [.quickback, .quickback, .quickback, .quikko, .quickdapp].randomElement(
            using: &random)!
        let organization = Self.organizations.randomElement(using: &random)!
        let user = Self.users.randomElement(using: &random)!
        var own = Set(roles.filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
        let account = Int.random(in: 0..<4, using: &random)
        let identity = Identity(
            user: UserID(named: user), name: user, scope: .user, organization: organization, roles: Array(own))
        let target = wire == .quickback ? "/realtime/v1/websocket?ws_ticket=x" : "/ws"
        var codec = try wire.serverCodec.init(UpgradeRequest(target: target), settings)
        let audience = try codec.audience(of: identity)
        if let view = audience.view, view.roles != own {
            #expect(view.roles.isEmpty, "whoever is not told apart is shown what no role is")
            own = []
        }
        let sink = Sink()
        let outbox = Outbox(sink: sink, audience: audience, limits: .init(messages: 10_000, bytes: 1 << 24))
        let subscriber = Subscriber(audience: audience, outbox: outbox)
        perform(codec.opened(identity), &codec, subscriber)
        if wire == .quickdapp, account > 0 { perform(codec.verified(.success(account)), &codec, subscriber) }
        return Listener(
            wire: wire, organization: organization, user: user, roles: own,
            account: wire == .quickdapp && account > 0 ? account : nil, sink: sink, subscriber: subscriber)
    }

    private func perform(_ actions: [Action], _ codec: inout any ServerCodec, _ subscriber: Subscriber) {
        for action in actions {
            switch action {
            case .join(let room): shard.join(subscriber, room)
            case .leave(let room): shard.leave(subscriber, room)
            case .take(let seat): perform(codec.seated(seat, true), &codec, subscriber)
            case .send, .giveBack, .forgetAccount: break
            case .authorize, .verify, .end, .sendBinary, .joinAs, .leaveAs, .authenticate, .describe:
                Issue.record("not asked for: \(action)")
            }
        }
    }

    // MARK: Events

    private mutating func happening(_ number: Int) throws -> Happening {
        let organization = Self.organizations.randomElement(using: &random)!
        let user = Int.random(in: 0..<3, using: &random) == 0 ? Self.users.randomElement(using: &random)! : nil
        let wanted =
            Bool.random(using: &random)
            ? [] : [roles.randomElement(using: &random)! + (Bool.random(using: &random) ? "+" : "")]
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            let link = Link(
                id: .random(using: &random), key: number, code: try ShortCode("code\(number)"),
                destination: try Destination("https://example.com/"),
                owner: UserID(named: Self.users.randomElement(using: &random)!), ownerKey: 1, isCustom: true,
                isActive: true, createdAt: Timestamp(seconds: 0))
            let details = ClickDetails(country: Country("DE") ?? .unknown, device: .mobile, browser: .safari)
            return .click(Click(of: link, details: details, at: Timestamp(seconds: 1_767_225_600)))
        case 1, 2: return .broadcast("event:\(number)", organization: organization, user: user, roles: wanted)
        case 3:
            return .notification(
                AccountNotification(
                    id: number, account: Int.random(in: 1..<5, using: &random), data: ["type": "x", "n": .int(number)],
                    createdAt: Timestamp(seconds: 1_767_225_600)))
        case 4:
            let account = Int.random(in: 0..<5, using: &random)
            return .envelope(["type": "x", "n": .int(number)], account: account > 0 ? account : nil)
        default:
            let operation = RowChange.Operation.allCases.randomElement(using: &random)!
            let row: JSON = [
                "id": .int(number), "mail": .string("paul\(number)@example.com"), "phone": "555-123-4567",
                "name": "John Doe", "note": .int(number),
            ]
            return .change(
                RowChange(
                    table: Self.tables.randomElement(using: &random)!, operation: operation,
                    new: operation == .delete ? nil : row, old: operation == .insert ? nil : row),
                organization: organization, user: user, roles: wanted)
        }
    }

    private func publish(_ happening: Happening) {
        func tell(_ kind: Publication.Kind, _ room: Room, _ roles: [String] = []) {
            sequencer.publish(Publication(kind, in: room, roles: roles, at: Timestamp(seconds: 1), size: 1))
        }
        func room(_ organization: String, _ user: String?) -> Room {
            let key = settings.key(of: organization)
            return user.map { .member(key, UserID(named: $0)) } ?? .organization(key)
        }
        switch happening {
        case .click(let click):
            var clicks = [click]
            sequencer.submit(&clicks, from: shard.place)
        case .change(let change, let organization, let user, let roles):
            tell(.row(change), room(organization, user), roles)
        case .broadcast(let name, let organization, let user, let roles):
            tell(.broadcast(name: name, payload: [:]), room(organization, user), roles)
        case .notification(let notification): tell(.notification(notification), .account(notification.account))
        case .envelope(let json, let account): tell(.envelope(json), account.map { .account($0) } ?? .accounts)
        }
    }

    // MARK: The opinion

    /// What this socket is to hear of it, as text; nil for nothing.
    private func word(of happening: Happening, for listener: Listener) -> String? {
        switch (happening, listener.wire) {
        case (.click(let click), .quikko):
            guard click.owner == UserID(named: listener.user) else { return nil }
            return
                #"{"type":"click_event","payload":{"shortCode":"\#(click.code)","country":"DE","deviceType":"mobile","#
                + #""browser":"\#(click.details.browser.name)","timestamp":"\#(click.at)"}}"#
        case (.click(let click), .quickback):
            guard listener.organization == Self.home else { return nil }
            let row: JSON = [
                "id": .string("clk_\(click.code)_1"), "linkId": .string("lnk_\(click.code)"),
                "code": .string("\(click.code)"), "country": "DE", "deviceType": "mobile",
                "browser": .string("\(click.details.browser.name)"), "clickedAt": .string("\(click.at)"),
            ]
            return word(of: RowChange(table: "clicks", operation: .insert, new: row, old: nil), listener.roles)
        case (.change(let change, let organization, let user, let roles), .quickback):
            guard reaches(listener, organization, user, roles) else { return nil }
            return word(of: change, listener.roles)
        case (.broadcast(let name, let organization, let user, let roles), .quickback):
            guard reaches(listener, organization, user, roles) else { return nil }
            return #"{"type":"broadcast","event":"\#(name)","payload":{}}"#
        case (.notification(let notification), .quickdapp):
            guard listener.account == notification.account else { return nil }
            return JSON.object(
                .init([
                    ("type", "notification_received"),
                    (
                        "data",
                        [
                            "id": .int(notification.id), "userId": .int(notification.account),
                            "data": notification.data, "createdAt": "2026-01-01T00:00:00.000Z", "read": false,
                        ]
                    ),
                ])
            ).text
        case (.envelope(let json, let account), .quickdapp):
            return account == nil || account == listener.account ? json.text : nil
        default: return nil
        }
    }

    private func reaches(_ listener: Listener, _ organization: String, _ user: String?, _ wanted: [String]) -> Bool {
        listener.organization == organization && (user ?? listener.user) == listener.user
            && (wanted.isEmpty || holds(listener.roles, wanted))
    }

    /// Whether someone with these roles is one of those named; `x+` is x and whatever stands behind it.
    private func holds(_ own: Set<String>, _ wanted: [String]) -> Bool {
        for name in wanted {
            guard name.hasSuffix("+") else {
                if own.contains(name) { return true }
                continue
            }
            let lowest = String(name.dropLast())
            if own.contains(lowest) { return true }
            guard let place = hierarchy.firstIndex(of: lowest) else { continue }
            for (index, higher) in hierarchy.enumerated() where index > place && own.contains(higher) { return true }
        }
        return false
    }

    private func word(of change: RowChange, _ own: Set<String>) -> String? {
        if let table = policies[change.table] {
            let isWanted = [.insert: table.onInsert, .update: table.onUpdate, .delete: table.onDelete][change.operation]
            guard table.enabled, isWanted == true, table.requiredRoles.isEmpty || holds(own, table.requiredRoles) else {
                return nil
            }
        }
        func seen(_ row: JSON?) -> String {
            guard case .object(let pairs)? = row else { return "null" }
            let table = policies[change.table] ?? RowPolicy.Table()
            var members: [(String, JSON)] = []
            for (name, value) in pairs.members {
                if let fields = table.fields, name != "id", !fields.contains(name) { continue }
                let isMasked = table.masks[name].map { !holds(own, $0.roles) } ?? false
                members.append((name, isMasked ? table.masks[name]!.mask.apply(to: value) : value))
            }
            return JSON.object(.init(members)).text
        }
        return #"{"type":"postgres_changes","table":"\#(change.table)","schema":"public","#
            + #""eventType":"\#(change.operation.rawValue)","new":\#(seen(change.new)),"old":\#(seen(change.old))}"#
    }
}
