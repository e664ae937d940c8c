/// Which links of an owner are wanted: newest first.
struct LinkQuery: Sendable, Equatable {
    /// `User.key`.
    var owner: Int
    /// In the code or the destination, whatever the case of ASCII letters; taken literally.
    var search: String?
    var isActive: Bool?
    var tag: Tag?
    var offset = 0
    var limit = 20
    /// Only those made before the one with this `Link.key`.
    var before: Int?
}

struct LinkPage: Sendable, Equatable {
    /// Current state is the link table's: codes lead there.
    var codes: [ShortCode] = []
    /// Those that match, on this page or not.
    var total = 0
}
