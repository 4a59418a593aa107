// OpenTelemetry, if the host hands it over: what is needed of `@opentelemetry/api`, and nothing of it imported.

import type { Answer, HttpRequest } from "../types.js";
import type { VerificationEvent } from "./events.js";

/** `@opentelemetry/api`: `import * as telemetry from "@opentelemetry/api"`. */
export interface Telemetry {
  readonly trace: {
    getTracer(name: string): {
      startActiveSpan<T>(name: string, options: { attributes: Attributes }, run: (span: Span) => T): T;
    };
  };
  readonly metrics: {
    getMeter(name: string): {
      createCounter(name: string, options: { description: string }): { add(value: number, attributes: Attributes): void };
      createHistogram(
        name: string,
        options: { description: string; unit: string },
      ): { record(value: number, attributes: Attributes): void };
    };
  };
}

interface Span {
  setAttribute(name: string, value: string | number): unknown;
  end(): void;
}

type Attributes = { [name: string]: string | number | boolean };

const NAME = "idvkit";

export class Instruments {
  readonly #tracer;
  readonly #exchanges;
  readonly #duration;
  readonly #outcomes;
  readonly #deliveries;

  constructor({ trace, metrics }: Telemetry) {
    const meter = metrics.getMeter(NAME);
    this.#tracer = trace.getTracer(NAME);
    this.#exchanges = meter.createCounter("idvkit.exchanges", { description: "Requests to providers" });
    this.#duration = meter.createHistogram("idvkit.exchange.duration", { description: "How long a request to a provider took", unit: "s" });
    this.#outcomes = meter.createCounter("idvkit.outcomes", { description: "Outcomes of verifications" });
    this.#deliveries = meter.createCounter("idvkit.deliveries", { description: "Calls of onOutcome" });
  }

  /** A span around a request. */
  exchange(request: HttpRequest, send: () => Promise<Answer | null>): Promise<Answer | null> {
    const attributes = { "idvkit.provider": providerOf(request), "idvkit.operation": request.operation };
    return this.#tracer.startActiveSpan("idvkit.exchange", { attributes }, async (span) => {
      try {
        const answer = await send();
        if (answer) span.setAttribute("http.response.status_code", answer.status);
        return answer;
      } finally {
        span.end();
      }
    });
  }

  count(event: VerificationEvent): void {
    if (event.kind === "exchange") {
      const status = event.status === undefined ? {} : { "http.response.status_code": event.status };
      const attributes = { "idvkit.provider": event.provider, "idvkit.operation": event.operation, ...status };
      this.#exchanges.add(1, attributes);
      this.#duration.record(event.duration / 1000, attributes);
    } else if (event.kind === "outcome") this.#outcomes.add(1, { "idvkit.outcome": event.outcome });
    else if (event.kind === "delivered") this.#deliveries.add(1, { "idvkit.done": event.done });
  }
}

/** An operation is named `provider.operation`. */
export function providerOf({ operation }: HttpRequest): string {
  return operation.split(".", 1)[0] as string;
}
