import { t } from "../i18n";
import { bigScreen, enterBigScreen } from "../shell/bigScreen";
import { Icon } from "../ui/Icon";

export function BigButton() {
  if (bigScreen.value) return null;
  return (
    <button type="button" class="button" data-testid="big-screen" onClick={enterBigScreen}>
      <Icon name="expand" size={16} />
      {t("wall.big")}
    </button>
  );
}
