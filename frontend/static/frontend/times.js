// Times and durations as people read them.

export function agoText(date, now) {
  const seconds = (now - date) / 1000;
  if (seconds < 0) return date.toLocaleString();
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.round(seconds / 86_400)} d ago`;
  return date.toISOString().slice(0, 10);
}

export function durationText(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)}\u202fms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}\u202fs`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes}\u202fmin ${Math.round(seconds) % 60}\u202fs`;
  return `${Math.floor(minutes / 60)}\u202fh ${minutes % 60}\u202fmin`;
}
