/** The logo: a key fob, as an SVG picture. */
export const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="6" r="4" fill="none" stroke="#5b6b82" stroke-width="2.5"/><rect x="8" y="10" width="24" height="28" rx="8" fill="#1d4ed8"/><rect x="12" y="16" width="16" height="8" rx="2" fill="#dbe7ff"/><circle cx="20" cy="31" r="3" fill="#dbe7ff"/></svg>`;
