/// Which rows go out, to whom, and what of them is readable.
///
/// A table that is not named here is published to everyone, whole: only what the policy names is masked.
struct RowPolicy: Sendable, Equatable {
    /// The mask of one field.
    struct MaskRule: Sendable, Equatable {
        var mask: RowMask
        /// Who sees the field as it is; `x+` is x and every higher role. Empty: nobody.
        var roles: [String] = []
    }

    /// What holds for the rows of one table.
    struct Table: Sendable, Equatable {
        /// False: nothing of it is published.
        var enabled = true
        var onInsert = true
        var onUpdate = true
        var onDelete = true
        /// Who hears of it; `x+` is x and every higher role. Empty: everyone.
        var requiredRoles: [String] = []
        /// The fields that go out, besides `id`; nil: all.
        var fields: [String]?
        var masks: [String: MaskRule] = [:]
    }

    /// Lowest first.
    let roleHierarchy: [String]
    let tables: [String: Table]
    private let ranks: [String: Int]
    private let views: [String: View]

    /// A table's fields, with the roles written out.
    private struct View: Sendable, Equatable {
        var fields: Set<String>?
        var masks: [String: Field] = [:]

        struct Field: Sendable, Equatable {
            let mask: RowMask
            let readers: Set<String>
        }
    }

    init(roleHierarchy: [String], tables: [String: Table]) {
        self.roleHierarchy = roleHierarchy
        self.tables = tables
        let ranks = Dictionary(roleHierarchy.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.ranks = ranks
        views = tables.mapValues { table in
            View(
                fields: table.fields.map { Set($0).union(["id"]) },
                masks: table.masks.mapValues {
                    .init(mask: $0.mask, readers: Self.expand($0.roles, roleHierarchy, ranks))
                })
        }
    }

    /// Without a configuration file: clicks and links, for everyone; the address of a click for admins and owners.
    static let standard = RowPolicy(
        roleHierarchy: ["member", "admin", "owner"],
        tables: [
            "clicks": Table(
                masks: ["ip": MaskRule(mask: .redact, roles: ["admin", "owner"])]),
            "links": Table(),
        ])

    /// The roles a list means: `x+` is x and every role above it, and only x when the hierarchy does not have x.
    func expand(_ list: [String]) -> Set<String> { Self.expand(list, roleHierarchy, ranks) }

    private static func expand(_ list: [String], _ hierarchy: [String], _ ranks: [String: Int]) -> Set<String> {
        list.reduce(into: []) { roles, entry in
            guard let lowest = lowestRole(entry) else {
                _ = roles.insert(entry)
                return
            }
            if let rank = ranks[lowest] { roles.formUnion(hierarchy[rank...]) } else { roles.insert(lowest) }
        }
    }

    /// True when one of `roles` is wanted; an empty list wants everyone.
    func allows(_ roles: Set<String>, _ wanted: [String]) -> Bool {
        wanted.isEmpty
            || wanted.contains { entry in
                guard let lowest = Self.lowestRole(entry) else { return roles.contains(entry) }
                guard let rank = ranks[lowest] else { return roles.contains(lowest) }
                return roles.contains { ranks[$0].map { $0 >= rank } ?? false }
            }
    }

    /// The x of `x+`; nil when the entry is one role.
    static func lowestRole(_ entry: String) -> String? {
        entry.utf8.last == UInt8(ascii: "+") ? String(entry.unicodeScalars.dropLast()) : nil
    }

    /// The row as someone with these roles sees it, its keys in the same order. One role that may read a field is enough.
    /// What is no object (`old` of an insert is null) stays as it is; values inside a field's object or array are not looked
    /// at.
    func visible(_ row: JSON, of table: String, to roles: Set<String>) -> JSON {
        guard case .object(var pairs) = row else { return row }
        let view = views[table] ?? View()
        if let fields = view.fields { pairs.members.removeAll { !fields.contains($0.key) } }
        for index in pairs.members.indices {
            let name = pairs.members[index].key
            guard let field = view.masks[name], field.readers.isDisjoint(with: roles) else { continue }
            pairs.members[index].value = field.mask.apply(to: pairs.members[index].value)
        }
        return .object(pairs)
    }
}
