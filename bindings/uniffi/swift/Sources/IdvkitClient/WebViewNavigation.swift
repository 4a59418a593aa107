import Foundation

/// Watches the navigations of a web view for the end of a journey, and tells of it once.
///
/// Pass it every URL from every navigation event: `decidePolicyFor`, `didStartProvisionalNavigation`,
/// `didReceiveServerRedirectForProvisionalNavigation` and observed changes of `url` (a page that changes its address by itself
/// shows in no other). It depends on nothing of WebKit's, so it can be tested without a device.
///
/// `onEnd` gets the text of the hint: post it to your own server, and close the view. The text decides nothing; what your server
/// fetches does.
public final class WebViewNavigation: @unchecked Sendable {
    /// Why a journey cannot be shown in a web view.
    public struct Refused: Error, Equatable, CustomStringConvertible {
        /// The provider's reason, if it gives one.
        public let description: String
    }

    /// What is to become of a navigation.
    public enum Decision: Equatable, Sendable {
        /// It goes on.
        case allow
        /// The journey is over: cancel the navigation and close the view.
        case endOfJourney
    }

    /// What to load.
    public let url: String
    /// What to grant.
    public let permissions: [Permission]

    private let journey: Journey
    private let onEnd: @Sendable (String) -> Void
    private let lock = NSLock()
    private var ended = false

    /// - Throws: `Refused` if the journey has no way for web views.
    public init(journey: Journey, onEnd: @escaping @Sendable (String) -> Void) throws {
        guard let (url, permissions) = Self.way(of: journey) else {
            let reason = journey.refused.first { $0.way == "web_view" }?.reason
            throw Refused(description: reason ?? "this journey has no way for web views")
        }
        self.url = url
        self.permissions = permissions
        self.journey = journey
        self.onEnd = onEnd
    }

    /// What is to become of a navigation. The end stays the end, however often it is reported; `onEnd` is called once.
    public func decide(_ url: String?) -> Decision {
        guard let url, let hint = read(journey: journey, seen: .navigation(url: url)) else { return .allow }
        tell(hint)
        return .endOfJourney
    }

    /// The user closed the view. It is told unless the end was.
    public func closed() {
        if let hint = read(journey: journey, seen: .closed) {
            tell(hint)
        }
    }

    /// Whether a page of this origin may have what the journey asks for: only the journey's own origin, not whatever else was
    /// navigated to. The parts are those of `WKSecurityOrigin`, where the port 0 is the scheme's own.
    public func mayGrant(scheme: String, host: String, port: Int) -> Bool {
        guard let own = URLComponents(string: url), let ownHost = own.host else { return false }
        let isOwnPort = (port == 0 ? 443 : port) == (own.port ?? 443)
        return scheme.lowercased() == "https" && own.scheme == "https" && host.lowercased() == ownHost.lowercased() && isOwnPort
    }

    private static func way(of journey: Journey) -> (String, [Permission])? {
        for way in journey.ways {
            if case let .webView(url, permissions, _) = way {
                return (url, permissions)
            }
        }
        return nil
    }

    private func tell(_ hint: String) {
        lock.lock()
        let first = !ended
        ended = true
        lock.unlock()
        if first {
            onEnd(hint)
        }
    }
}
