import Kit

/// `field=value`: which clicks to show.
struct ClickFilter: Sendable {
    private enum Field: String { case country, device, browser, code }

    private let field: Field
    private let value: String

    /// - Throws: `.invalid` saying what can be filtered by.
    init(_ text: String) throws(KitError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let field = Field(rawValue: String(parts[0])), !parts[1].isEmpty else {
            throw KitError(.invalid, "write country=DE, device=mobile, browser=Firefox or code=guide")
        }
        self.field = field
        value = String(parts[1])
    }

    /// Codes differ by case, the rest does not.
    func matches(_ click: ClickEvent) -> Bool {
        switch field {
        case .country: click.country.lowercased() == value.lowercased()
        case .device: click.deviceType.lowercased() == value.lowercased()
        case .browser: click.browser.lowercased() == value.lowercased()
        case .code: click.shortCode == value
        }
    }
}
