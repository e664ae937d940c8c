/// What `serve --config FILE` says: the knobs that have a structure. Their schema is `docs/config.schema.json`.
struct ConfigurationFile {
    let policy: RowPolicy

    /// - Throws: `.invalid` naming line and column of what is not JSON, or the path of what cannot stand there, and what to
    ///   do.
    init(_ bytes: [UInt8]) throws(KitError) {
        var file = try ConfigurationSection(Self.parse(bytes), at: "")
        _ = try file.text("$schema")
        if var realtime = try file.section("realtime") {
            policy = try Self.policy(&realtime)
        } else {
            policy = .standard
        }
        try file.refuseOthers()
    }

    private static func parse(_ bytes: [UInt8]) throws(KitError) -> JSON {
        do throws(JSONReader.Mistake) {
            return try JSONReader.read(bytes)
        } catch {
            let (line, column) = error.lineAndColumn(in: bytes)
            throw KitError(
                .invalid, "the configuration is not JSON at line \(line), column \(column); \(error.words)")
        }
    }

    /// Tables that the file leaves out keep what they have by default; one that it names begins anew.
    private static func policy(_ realtime: inout ConfigurationSection) throws(KitError) -> RowPolicy {
        let hierarchy = try self.hierarchy(&realtime) ?? RowPolicy.standard.roleHierarchy
        var tables = RowPolicy.standard.tables
        if var section = try realtime.section("tables") {
            for (name, var table) in try section.sections() { tables[name] = try self.table(&table, hierarchy) }
        }
        try realtime.refuseOthers()
        return RowPolicy(roleHierarchy: hierarchy, tables: tables)
    }

    private static func hierarchy(_ realtime: inout ConfigurationSection) throws(KitError) -> [String]? {
        var seen: Set<String> = []
        return try realtime.list("roleHierarchy") { role in
            if RowPolicy.lowestRole(role) != nil {
                return "; write the role alone; the + is for lists that mean it and all above"
            }
            return seen.insert(role).inserted ? nil : ", which is there before; keep one"
        }
    }

    private static func table(
        _ section: inout ConfigurationSection, _ hierarchy: [String]
    ) throws(KitError) -> RowPolicy.Table {
        var table = RowPolicy.Table()
        table.enabled = try section.flag("enabled") ?? table.enabled
        table.onInsert = try section.flag("onInsert") ?? table.onInsert
        table.onUpdate = try section.flag("onUpdate") ?? table.onUpdate
        table.onDelete = try section.flag("onDelete") ?? table.onDelete
        table.requiredRoles = try roles("requiredRoles", in: &section, hierarchy)
        table.fields = try section.list("fields")
        if var masks = try section.section("masks") {
            for (field, var rule) in try masks.sections() { table.masks[field] = try self.rule(&rule, hierarchy) }
        }
        try section.refuseOthers()
        return table
    }

    private static func rule(
        _ section: inout ConfigurationSection, _ hierarchy: [String]
    ) throws(KitError) -> RowPolicy.MaskRule {
        let known = RowMask.allCases.map(\.rawValue).joined(separator: ", ")
        guard let type = try section.text("type") else {
            throw KitError(.invalid, "\(section.place("type")) is missing; take one of \(known)")
        }
        guard let mask = RowMask(rawValue: type) else {
            let words =
                type == "custom"
                ? "; masks of one's own are not supported; take one of" : ", which is no mask; take one of"
            throw KitError(
                .invalid, "\(section.place("type")) is \(ConfigurationSection.shown(.string(type)))\(words) \(known)")
        }
        var rule = RowPolicy.MaskRule(mask: mask)
        if var show = try section.section("show") {
            guard !show.has("or") else {
                throw KitError(
                    .invalid,
                    "\(show.place("or")) is not supported yet; leave it out and name the roles that see the field")
            }
            rule.roles = try roles("roles", in: &show, hierarchy)
            try show.refuseOthers()
        }
        try section.refuseOthers()
        return rule
    }

    private static func roles(
        _ key: String, in section: inout ConfigurationSection, _ hierarchy: [String]
    ) throws(KitError) -> [String] {
        try section.list(key) { entry in
            guard let role = RowPolicy.lowestRole(entry) else { return nil }
            if role.isEmpty { return "; name the lowest role before the +" }
            guard !hierarchy.contains(role) else { return nil }
            let name = ConfigurationSection.shown(.string(role))
            return "; \(name) is not in realtime.roleHierarchy; add it there or write \(name) alone"
        } ?? []
    }
}
