export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" class="logo" aria-hidden="true" focusable="false">
      <rect class="logo-plate" width="32" height="32" rx="9" />
      <path class="logo-line" d="M8.5 17.5v-2a7.5 7.5 0 0 1 15 0v2M22.6 23.6c0 2-2 2.8-4.6 2.8" />
      <rect class="logo-cup" x="6.6" y="16" width="5" height="7.4" rx="2.3" />
      <rect class="logo-cup" x="20.4" y="16" width="5" height="7.4" rx="2.3" />
    </svg>
  );
}
