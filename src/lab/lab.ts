import { type AuditEvent, appendEvent } from "./audit-log.ts";
import type { LabStore } from "./lab-store.ts";

/** A running lab: its data and its clock. */
export interface Lab {
  readonly store: LabStore;
  /**
   * Whether it handles all push tokens like servers before `capabilities` and `decline_reason`, not
   * only those issued with that option.
   */
  readonly isOld: boolean;
  clock(): Date;
}

/** The details of an audit event, without its outcome. */
export type AuditRemark = Partial<Pick<AuditEvent, "user" | "serial" | "detail">>;

/** Writes a success to the audit log. */
export function noteDone(lab: Lab, event: string, remark: AuditRemark): void {
  note(lab, { event, outcome: "ok" }, remark);
}

/** Writes a refusal, with its reason as `detail`, to the audit log. */
export function noteRefused(lab: Lab, event: string, remark: AuditRemark): void {
  note(lab, { event, outcome: "refused" }, remark);
}

function note(
  { store, clock }: Lab,
  what: Pick<AuditEvent, "event" | "outcome">,
  { user = null, serial = null, detail = null }: AuditRemark,
): void {
  appendEvent(store.folder, { ...what, user, serial, detail }, clock());
}
