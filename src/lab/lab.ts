import { type AuditEvent, appendEvent } from "./audit-log.ts";
import type { LabStore } from "./lab-store.ts";

/** The lab at work: what it remembers, and what time it is. */
export interface Lab {
  readonly store: LabStore;
  /**
   * Whether it treats all push tokens as servers before `capabilities` and `decline_reason` did,
   * not only those issued so.
   */
  readonly isOld: boolean;
  clock(): Date;
}

/** What to say of an event besides whether it went well. */
export type AuditRemark = Partial<Pick<AuditEvent, "user" | "serial" | "detail">>;

/** Notes in the audit log that something was done. */
export function noteDone(lab: Lab, event: string, remark: AuditRemark): void {
  note(lab, { event, outcome: "ok" }, remark);
}

/** Notes in the audit log that something was asked for and not done, and why. */
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
