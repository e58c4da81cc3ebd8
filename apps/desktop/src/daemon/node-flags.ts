/**
 * How Node runs the daemon. No debugger can be opened by a signal (SIGUSR1), which would show the memory with the
 * keys; and the collector keeps to the daemon's own thread, which needs less memory and leaves other cores alone.
 */
export const daemonNodeFlags = ["--disable-sigusr1", "--single-threaded-gc"] as const;
