/** The daemon's argument where the system's service manager starts it again after a fault. */
export const asService = "--service";
/** The daemon's argument for a start that opens everything, but begins nothing: no OpenClaw, no look for a release. */
export const asRehearsal = "--rehearsal";
/** How a service asks its manager to be started again: EX_TEMPFAIL of sysexits.h(3). */
export const startAgain = 75;
