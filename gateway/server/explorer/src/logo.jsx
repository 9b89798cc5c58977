import icon from "../fallback/icon.svg";

export function Logo() {
  return (
    <span className="braid-logo">
      <img src={icon} alt="" width="22" height="22" />
      Braid
    </span>
  );
}
