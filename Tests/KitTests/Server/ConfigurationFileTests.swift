import Foundation
import Testing

@testable import Kit

struct ConfigurationFileTests {
    private static let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    private static func policy(_ text: String) throws(KitError) -> RowPolicy {
        try ConfigurationFile(Array(text.utf8)).policy
    }

    /// The text with `content` in the place of a table, of a mask.
    private static func table(_ content: String) -> String { #"{"realtime":{"tables":{"t":\#(content)}}}"# }
    private static func mask(_ content: String) -> String { Self.table(#"{"masks":{"f":\#(content)}}"#) }

    @Test(arguments: ["{}", #"{"$schema":"x"}"#, #"{"realtime":{}}"#, #"{"realtime":{"tables":{}}}"#])
    func `a file that says nothing changes nothing`(text: String) throws {
        #expect(try Self.policy(text) == .standard)
    }

    @Test func `the example says what it looks like`() throws {
        var configuration = ServerConfiguration(dataDirectory: URL(filePath: "/nonexistent"))
        #expect(configuration.policy == .standard)
        try configuration.apply(configurationFile: Data(contentsOf: Self.root.appending(path: "Examples/config.json")))
        let recruiters = ["recruiter+"]
        let expected = RowPolicy(
            roleHierarchy: ["interviewer", "member", "recruiter", "admin", "owner"],
            tables: [
                "applications": .init(
                    onDelete: false, requiredRoles: ["interviewer+"], fields: ["candidate", "email", "phone", "stage"],
                    masks: [
                        "candidate": .init(mask: .name, roles: ["member+"]),
                        "email": .init(mask: .email, roles: recruiters),
                        "phone": .init(mask: .phone, roles: recruiters),
                    ]),
                "clicks": .init(requiredRoles: ["member+"], masks: ["ip": .init(mask: .redact, roles: ["owner"])]),
                "links": RowPolicy.standard.tables["links"]!,
            ])
        #expect(configuration.policy == expected)
    }

    @Test func `an entry replaces what holds for its table, and no other`() throws {
        let policy = try Self.policy(#"{"realtime":{"tables":{"clicks":{}}}}"#)
        #expect(policy.tables["clicks"] == .init())
        #expect(policy.tables["links"] == RowPolicy.standard.tables["links"])
        #expect(policy.visible(["ip": "::1"], of: "clicks", to: []) == ["ip": "::1"])
    }

    @Test(arguments: [
        ("", "the configuration is not JSON at line 1, column 1; write a value here"),
        ("{\n \"é\": 1,}", "the configuration is not JSON at line 2, column 9; write a name in quotes here"),
        ("[]", "the configuration is a list; write an object, { … }"),
        (#"{"tables":{}}"#, "tables is not known; known here: $schema, realtime"),
        (#"{"$schema":1}"#, "$schema is 1; write a text in quotes"),
        (#"{"realtime":null}"#, "realtime is null; write an object, { … }"),
        (#"{"realtime":{"table":{}}}"#, "realtime.table is not known; known here: roleHierarchy, tables"),
        (#"{"realtime":{"roleHierarchy":"a"}}"#, #"realtime.roleHierarchy is "a"; write a list, [ … ]"#),
        (#"{"realtime":{"roleHierarchy":["a",2]}}"#, "realtime.roleHierarchy[1] is 2; write a text in quotes"),
        (#"{"realtime":{"roleHierarchy":[""]}}"#, "realtime.roleHierarchy[0] is empty; write a name or leave it out"),
        (
            #"{"realtime":{"roleHierarchy":["a","b","a"]}}"#,
            #"realtime.roleHierarchy[2] is "a", which is there before; keep one"#
        ),
        (
            #"{"realtime":{"roleHierarchy":["a+"]}}"#,
            #"realtime.roleHierarchy[0] is "a+"; write the role alone; the + is for lists that mean it and all above"#
        ),
        (#"{"realtime":{"tables":{"":{}}}}"#, #"realtime.tables[""] has no name; name it or leave it out"#),
        (#"{"realtime":{"tables":{"a b":1}}}"#, #"realtime.tables["a b"] is 1; write an object, { … }"#),
        (
            Self.table(#"{"mask":{}}"#),
            "realtime.tables.t.mask is not known; known here: enabled, onInsert, onUpdate, onDelete, requiredRoles, fields, masks"
        ),
        (Self.table(#"{"enabled":"yes"}"#), #"realtime.tables.t.enabled is "yes"; write true or false"#),
        (Self.table(#"{"onInsert":1}"#), "realtime.tables.t.onInsert is 1; write true or false"),
        (Self.table(#"{"onUpdate":null}"#), "realtime.tables.t.onUpdate is null; write true or false"),
        (Self.table(#"{"onDelete":0.50}"#), "realtime.tables.t.onDelete is 0.50; write true or false"),
        (Self.table(#"{"requiredRoles":{}}"#), "realtime.tables.t.requiredRoles is an object; write a list, [ … ]"),
        (
            Self.table(#"{"requiredRoles":["admin","boss+"]}"#),
            #"realtime.tables.t.requiredRoles[1] is "boss+"; "boss" is not in realtime.roleHierarchy; add it there or write "boss" alone"#
        ),
        (
            Self.table(#"{"requiredRoles":["+"]}"#),
            #"realtime.tables.t.requiredRoles[0] is "+"; name the lowest role before the +"#
        ),
        (Self.table(#"{"fields":[[]]}"#), "realtime.tables.t.fields[0] is a list; write a text in quotes"),
        (Self.table(#"{"fields":[""]}"#), "realtime.tables.t.fields[0] is empty; write a name or leave it out"),
        (
            Self.table(#"{"masks":{"":{"type":"email"}}}"#),
            #"realtime.tables.t.masks[""] has no name; name it or leave it out"#
        ),
        (Self.mask(#""email""#), #"realtime.tables.t.masks.f is "email"; write an object, { … }"#),
        (
            Self.mask("{}"),
            "realtime.tables.t.masks.f.type is missing; take one of email, phone, ssn, creditCard, name, redact"
        ),
        (
            Self.mask(#"{"type":"Email"}"#),
            #"realtime.tables.t.masks.f.type is "Email", which is no mask; take one of email, phone, ssn, creditCard, name, redact"#
        ),
        (
            Self.mask(#"{"type":"custom"}"#),
            #"realtime.tables.t.masks.f.type is "custom"; masks of one's own are not supported; take one of email, phone, ssn, creditCard, name, redact"#
        ),
        (Self.mask(#"{"type":"email","to":[]}"#), "realtime.tables.t.masks.f.to is not known; known here: type, show"),
        (
            Self.mask(#"{"type":"email","show":["a"]}"#),
            "realtime.tables.t.masks.f.show is a list; write an object, { … }"
        ),
        (
            Self.mask(#"{"type":"email","show":{"or":"owner","roles":["admin"]}}"#),
            "realtime.tables.t.masks.f.show.or is not supported yet; leave it out and name the roles that see the field"
        ),
        (
            Self.mask(#"{"type":"email","show":{"role":[]}}"#),
            "realtime.tables.t.masks.f.show.role is not known; known here: roles"
        ),
        (
            Self.mask(#"{"type":"email","show":{"roles":["x+"]}}"#),
            #"realtime.tables.t.masks.f.show.roles[0] is "x+"; "x" is not in realtime.roleHierarchy; add it there or write "x" alone"#
        ),
    ])
    func `a mistake is told with its place and what to do`(text: String, message: String) {
        let error = #expect(throws: KitError.self) { try Self.policy(text) }
        #expect(error?.code == .invalid)
        #expect(error?.message == message)
    }

    /// What the reader says it knows, where `text` has a name that it cannot know.
    private static func known(_ text: String) throws -> Set<String> {
        let error = #expect(throws: KitError.self) { try policy(text) }
        let list = try #require(error?.message.split(separator: "known here: ").last)
        return Set(list.split(separator: ", ").map(String.init))
    }

    @Test func `the schema has the names that are read, and no other`() throws {
        let file = try JSON(parsing: Data(contentsOf: Self.root.appending(path: "docs/config.schema.json")))
        let unknown = #""?":0"#
        let realtime = file["properties"]?["realtime"]
        let mask = file["$defs"]?["mask"]
        let objects: [(JSON?, String)] = [
            (file, "{\(unknown)}"), (realtime, #"{"realtime":{\#(unknown)}}"#),
            (file["$defs"]?["table"], Self.table("{\(unknown)}")), (mask, Self.mask(#"{"type":"email",\#(unknown)}"#)),
            (mask?["properties"]?["show"], Self.mask(#"{"type":"email","show":{\#(unknown)}}"#)),
        ]
        for (object, text) in objects {
            guard case .object(let properties)? = object?["properties"] else { return #expect(Bool(false), "\(text)") }
            #expect(try Set(properties.members.map(\.key)) == Self.known(text))
            #expect(object?["additionalProperties"] == false)
        }
        #expect(mask?["properties"]?["type"]?["enum"] == .array(RowMask.allCases.map { .string($0.rawValue) }))
        #expect(mask?["required"] == ["type"])
        let hierarchy = realtime?["properties"]?["roleHierarchy"]?["default"]
        #expect(hierarchy == .array(RowPolicy.standard.roleHierarchy.map { .string($0) }))
    }

    @Test func `the schema's defaults for a table are those of the reader`() throws {
        let file = try JSON(parsing: Data(contentsOf: Self.root.appending(path: "docs/config.schema.json")))
        guard case .object(let properties)? = file["$defs"]?["table"]?["properties"] else {
            return #expect(Bool(false))
        }
        let defaults = properties.members.compactMap { member in member.value["default"].map { (member.key, $0) } }
        #expect(defaults.count == 6)
        let policy = try Self.policy(Self.table(JSON.object(.init(defaults)).text))
        #expect(policy.tables["t"] == .init())
    }
}
