import Testing

@testable import Kit

struct RowMaskTests {
    @Test(
        arguments: [
            (.email, "paul@example.com", "p***@e******.com"), (.email, "a@b.c", "a*@b*.c"),
            (.email, "ana@mail.example.org", "a**@m***********.org"), (.email, "a@b@example.com", "a**@e******.com"),
            (.email, "@example.com", "*@e******.com"), (.email, "a@.com", "a*@*.com"),
            (.email, "ñandú@émail.pe", "ñ****@é****.pe"),
            (.email, "a@\u{301}b.com", "a*@\u{301}*.com"), (.email, "paul", "paul"),
            (.email, "paul@localhost", "paul@localhost"),
            (.email, "p.aul@localhost", "p.aul@localhost"), (.email, "paul@example.", "paul@example."),
            (.email, "@", "@"), (.email, ".", "."),
            (.phone, "555-123-4567", "******4567"), (.phone, "+51 (1) 234", "**1234"), (.phone, "1234", "1234"),
            (.phone, "1-2-3-4", "1234"), (.phone, "123", "123"), (.phone, "call me", "call me"),
            (.phone, "١٢٣٤٥", "١٢٣٤٥"),
            (.phone, "x1٢2345", "*2345"),
            (.ssn, "123-45-6789", "*****6789"), (.creditCard, "4111111111111234", "************1234"),
            (.creditCard, "4111 1111 1111 1234", "************1234"),
            (.name, "John Doe", "J*** D**"), (.name, "J", "J*"), (.name, " J  Doe ", " J*  D** "),
            (.name, "Élodie 😀 Ñ", "É***** 😀* Ñ*"),
            (.name, "A\tB", "A**"), (.redact, "secret", "[REDACTED]"),
        ] as [(RowMask, String, String)])
    func `a mask hides what it is for`(mask: RowMask, text: String, masked: String) {
        #expect(mask.apply(to: .string(text)).text == JSON.string(masked).text)
    }

    @Test(arguments: RowMask.allCases)
    func `only redact hides what is empty or no text`(mask: RowMask) {
        let values: [JSON] = ["", nil, true, 5_551_234_567, .double(1.5), .number("1e5"), ["a@b.c"], ["a": "a@b.c"]]
        for value in values { #expect(mask.apply(to: value) == (mask == .redact ? "[REDACTED]" : value)) }
    }

    @Test func `no mask makes a text longer but for a star to a single character`() {
        var random = SeededGenerator(state: 3)
        for _ in 0..<2_000 {
            let text = RandomJSON.text(using: &random) + "@" + RandomJSON.text(using: &random)
            for mask in RowMask.allCases where mask != .redact {
                guard case .string(let masked) = mask.apply(to: .string(text)) else { return #expect(Bool(false)) }
                let words = text.unicodeScalars.count { $0 == " " } + 2
                #expect(masked.unicodeScalars.count <= text.unicodeScalars.count + words)
            }
        }
    }
}
