//! What a retrieved transaction decides: the one place that maps a result.

use alloc::{string::ToString, vec::Vec};

use idvkit_core::{
    Basis, Decision, Evidence, Fault, FaultCode, Operation as _, Outcome, Part, Response,
    machine::{Step, UserStage},
};

use crate::{
    account::Account,
    answers::{Transaction, TransactionResult},
    callback::ReturnError,
    operations::{Operation, Outside},
};

/// What the session makes of its own transaction, as this operation gave it.
pub(crate) fn step(account: &Account, op: &Operation, transaction: &Transaction, response: &Response<'_>) -> Step {
    let decision = match transaction.result {
        TransactionResult::Passed => Decision::Approved,
        TransactionResult::Failed => Decision::Declined,
        TransactionResult::Invalid => Decision::Inconclusive,
        TransactionResult::Expired => return Step::End { outcome: Outcome::Expired, evidence: None },
        // The page was never opened, so a claim of success was not true: it is shown again.
        TransactionResult::Created => return Step::NotYet { user: UserStage::Away },
        TransactionResult::Started | TransactionResult::Other(_) => return Step::NotYet { user: UserStage::Unknown },
    };
    let evidence = Some(evidence(account, op, transaction, response));
    Step::End { outcome: Outcome::Decided { decision }, evidence }
}

/// What the session comes to where the page said what went wrong, and there is no verdict.
pub(crate) fn failed(error: ReturnError) -> Outcome {
    let fault = Fault::new(FaultCode::FlowError, Outside::Journey.name(), true);
    Outcome::Failed { fault: fault.with_provider_code(Some(error.code)) }
}

fn evidence(account: &Account, op: &Operation, transaction: &Transaction, response: &Response<'_>) -> Evidence {
    Evidence {
        basis: Basis::Fetched,
        at: response.at,
        raw: response.body.to_vec(),
        person: None,
        parts: alloc::vec![Part {
            name: "authentication".into(),
            passed: Some(transaction.result == TransactionResult::Passed),
            status: Some(transaction.result.as_str().to_string()),
            score: None,
        }],
        reasons: Vec::new(),
        sealed: None,
        source: account.source(op.name()),
    }
}
