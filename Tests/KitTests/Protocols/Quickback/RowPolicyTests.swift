import Testing

@testable import Kit

struct RowPolicyTests {
    private let policy = RowPolicy(
        roleHierarchy: ["interviewer", "member", "recruiter", "admin", "owner"],
        tables: [
            "people": .init(
                fields: ["name", "email"],
                masks: [
                    "email": .init(mask: .email, roles: ["recruiter+"]), "name": .init(mask: .name),
                ])
        ])

    @Test func `a plus means the role and all above it`() {
        #expect(policy.expand(["recruiter+"]) == ["recruiter", "admin", "owner"])
        #expect(
            policy.expand(["member", "admin+", "guest", "boss+"]) == ["member", "admin", "owner", "guest", "boss"])
        #expect(policy.expand([]) == [])
    }

    @Test func `an empty list wants everyone, another one of its roles`() {
        #expect(policy.allows([], []) && policy.allows(["guest"], []))
        #expect(policy.allows(["guest", "owner"], ["admin+"]) && policy.allows(["boss"], ["boss+"]))
        #expect(
            !policy.allows([], ["member"]) && !policy.allows(["member"], ["admin+"])
                && !policy.allows(["owner"], ["admin"]))
    }

    @Test func `fields are left out, masked and kept in order`() {
        let row: JSON = ["email": "paul@example.com", "secret": 1, "name": "Paul", "id": "p1"]
        #expect(
            policy.visible(row, of: "people", to: ["member"]).text
                == #"{"email":"p***@e******.com","name":"P***","id":"p1"}"#)
        // One role that may see a field is enough.
        #expect(
            policy.visible(row, of: "people", to: ["member", "owner"]).text
                == #"{"email":"paul@example.com","name":"P***","id":"p1"}"#)
        #expect(policy.visible(nil, of: "people", to: []) == .null)
    }

    @Test func `a table nobody named goes out whole`() {
        let row: JSON = ["id": 1, "note": "x", "workEmail": "paul@example.com"]
        #expect(policy.visible(row, of: "others", to: ["member"]) == row)
    }

    @Test func `by itself the address of a click is for admins and owners`() throws {
        let click: JSON = ["id": "clk_a_1", "code": "a", "ip": "203.0.113.9"]
        let masked: JSON = ["id": "clk_a_1", "code": "a", "ip": "[REDACTED]"]
        for roles: Set<String> in [[], ["member"]] {
            #expect(RowPolicy.standard.visible(click, of: "clicks", to: roles) == masked)
        }
        for roles: Set<String> in [["admin"], ["member", "owner"]] {
            #expect(RowPolicy.standard.visible(click, of: "clicks", to: roles) == click)
        }
        #expect(RowPolicy.standard.visible(click, of: "links", to: []) == click)
        for table in RowPolicy.standard.tables.values {
            #expect(table.enabled && table.onInsert && table.onUpdate && table.onDelete && table.requiredRoles.isEmpty)
        }
    }
}

/// The same answers from an implementation that is as plain as the rules.
struct RowPolicyPropertyTests {
    private static let names = ["guest", "member", "recruiter", "admin", "owner", "boss"]
    private static let fields = ["id", "a", "b", "c", "email", "userToken"]

    private static func some<Element>(
        _ most: Int, of elements: [Element], using random: inout SeededGenerator
    ) -> [Element] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in elements.randomElement(using: &random)! }
    }

    private static func hierarchy(using random: inout SeededGenerator) -> [String] {
        Array(names.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random)))
    }

    private static func roles(using random: inout SeededGenerator) -> [String] {
        some(3, of: names + names.map { $0 + "+" }, using: &random)
    }

    private static func meant(_ list: [String], _ hierarchy: [String]) -> Set<String> {
        var roles: Set<String> = []
        for entry in list {
            let name = entry.replacing("+", with: "")
            roles.insert(name)
            if entry != name { for role in hierarchy.drop(while: { $0 != name }) { roles.insert(role) } }
        }
        return roles
    }

    @Test(arguments: 0..<8)
    func `a million combinations of roles are let in or not as the rules say`(part: UInt64) {
        var random = SeededGenerator(state: part)
        var wrong = 0
        var allowed = 0
        for _ in 0..<50 {
            let policy = RowPolicy(roleHierarchy: Self.hierarchy(using: &random), tables: [:])
            let held = (0..<50).map { _ in Set(Self.some(3, of: Self.names, using: &random)) }
            for _ in 0..<50 {
                let wanted = Self.roles(using: &random)
                let meant = Self.meant(wanted, policy.roleHierarchy)
                if policy.expand(wanted) != meant { wrong += 1 }
                for roles in held {
                    let isAllowed = policy.allows(roles, wanted)
                    if isAllowed { allowed += 1 }
                    if isAllowed != (wanted.isEmpty || !meant.isDisjoint(with: roles)) { wrong += 1 }
                }
            }
        }
        #expect(wrong == 0)
        #expect((20_000...105_000).contains(allowed))
    }

    private static func table(using random: inout SeededGenerator) -> RowPolicy.Table {
        var table = RowPolicy.Table()
        if Bool.random(using: &random) { table.fields = some(4, of: fields, using: &random) }
        for field in some(4, of: fields, using: &random) {
            table.masks[field] = .init(
                mask: RowMask.allCases.randomElement(using: &random)!, roles: roles(using: &random))
        }
        return table
    }

    private static func seen(
        _ row: [(String, JSON)], _ table: RowPolicy.Table?, _ hierarchy: [String], _ roles: Set<String>
    ) -> [String] {
        row.compactMap { name, value in
            if let kept = table?.fields, name != "id", !kept.contains(name) { return nil }
            var value = value
            if let rule = table?.masks[name] {
                if meant(rule.roles, hierarchy).isDisjoint(with: roles) { value = rule.mask.apply(to: value) }
            }
            return "\"\(name)\":\(value.text)"
        }
    }

    @Test(arguments: 0..<8)
    func `a hundred thousand rows are seen as the rules say`(part: UInt64) {
        var random = SeededGenerator(state: 100 + part)
        let values: [JSON] = ["paul@example.com", "555-123-4567", "John Doe", "", nil, 7, ["x"]]
        var wrong = 0
        for _ in 0..<125 {
            let hierarchy = Self.hierarchy(using: &random)
            let table = Self.table(using: &random)
            let policy = RowPolicy(roleHierarchy: hierarchy, tables: ["named": table])
            for _ in 0..<100 {
                let roles = Set(Self.some(3, of: Self.names, using: &random))
                let row = Self.fields.shuffled(using: &random).dropLast(Int.random(in: 0...3, using: &random)).map {
                    ($0, values.randomElement(using: &random)!)
                }
                let isNamed = Int.random(in: 0...3, using: &random) > 0
                let expected = Self.seen(row, isNamed ? table : nil, hierarchy, roles).joined(separator: ",")
                let visible = policy.visible(.object(.init(row)), of: isNamed ? "named" : "other", to: roles)
                if visible.text != "{\(expected)}" { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }
}
