/**
 * An argument that the algorithms cannot work with. `parameter` names it (`digits`, `period`,
 * `suite` ...).
 */
export class OtpError extends RangeError {
  override readonly name = "OtpError";
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}
