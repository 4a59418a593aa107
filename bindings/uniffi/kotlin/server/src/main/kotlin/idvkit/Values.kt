// What the generated values do not bring along themselves.

package idvkit

import idvkit.types.Blame
import idvkit.types.Catalog
import idvkit.types.Journey
import idvkit.types.Outcome
import idvkit.types.RejectCode
import idvkit.types.UnixMillis

/** What the refusal is about. */
val Reject.code: RejectCode
    get() = when (this) {
        is Reject.Caller -> this.code
        is Reject.Provider -> this.code
        is Reject.Signature -> this.code
        is Reject.Snapshot -> this.code
    }

/** The field it is about, with a dotted path where nested. */
val Reject.field: String?
    get() = when (this) {
        is Reject.Caller -> this.field
        is Reject.Provider -> this.field
        is Reject.Signature -> this.field
        is Reject.Snapshot -> this.field
    }

/** The rule and the fix, for a developer. */
val Reject.explanation: String
    get() = when (this) {
        is Reject.Caller -> this.explanation
        is Reject.Provider -> this.explanation
        is Reject.Signature -> this.explanation
        is Reject.Snapshot -> this.explanation
    }

/** Who causes it: decide by this, or by the class, what to do. */
val Reject.blame: Blame
    get() = when (this) {
        is Reject.Caller -> Blame.CALLER
        is Reject.Provider -> Blame.PROVIDER
        is Reject.Signature -> Blame.SIGNATURE
        is Reject.Snapshot -> Blame.SNAPSHOT
    }

/** The journey as JSON, for this one user's page or app. */
fun Journey.toJson(): String = journeyToJson(this)

/** The outcome as JSON: it may leave the server. */
fun Outcome.toJson(): String = outcomeToJson(this)

/** The tables as JSON, for a settings page. */
fun Catalog.toJson(): String = catalogToJson(this)

/** Gives milliseconds since 1970. */
typealias Clock = () -> UnixMillis

/** The system's clock. */
val systemClock: Clock = System::currentTimeMillis
