//! A run's status in the words of older clients, who call it an execution.

use super::status::{RunStatus, words};

words! {
    /// The status of an execution.
    ExecutionStatus {
        Running = "running",
        Success = "success",
        Failed = "failed",
    }
}

impl ExecutionStatus {
    /// Everything that did not succeed has failed; what is not over runs, a run without a sign of life among them, since it
    /// may go on.
    #[must_use]
    pub fn of(status: RunStatus) -> Self {
        match status {
            RunStatus::Completed => Self::Success,
            status if status.is_terminal() => Self::Failed,
            _ => Self::Running,
        }
    }

    /// The statuses that it stands for.
    #[must_use]
    pub fn statuses(self) -> Vec<RunStatus> {
        RunStatus::ALL.iter().copied().filter(|status| Self::of(*status) == self).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_older_word() {
        let all: usize = ExecutionStatus::ALL.iter().map(|word| word.statuses().len()).sum();
        assert_eq!(all, RunStatus::ALL.len());
        assert_eq!(ExecutionStatus::Success.statuses(), [RunStatus::Completed]);
        assert_eq!(ExecutionStatus::of(RunStatus::Stale), ExecutionStatus::Running);
        assert_eq!(ExecutionStatus::of(RunStatus::TimedOut), ExecutionStatus::Failed);
    }
}
