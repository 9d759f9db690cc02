/** How callers answered the questions of surveys today: for those who lead, not for everybody's wall. */

import { useEffect } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Rating, RatingOf } from "../api/types";
import { t } from "../i18n";
import { count, labelOr, meanScore } from "../i18n/format";
import { agentName, may, queueName } from "../shell/session";
import { useLoad } from "../ui/useLoad";

const EVERY_MS = 15_000;

export function Ratings() {
  const allowed = may("supervisor", "inspector", "admin");
  const loaded = useLoad(async () => (allowed ? (await api.ratings()).ratings : []), [allowed]);
  useEffect(() => {
    const timer = setInterval(loaded.reload, EVERY_MS);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  const ratings = loaded.value ?? [];
  if (ratings.length === 0) return null;
  return (
    <section class="ratings" aria-label={t("wall.ratings")} data-testid="ratings">
      <h2>{t("wall.ratings")}</h2>
      <div class="rating-grid">
        {ratings.map((rating) => (
          <Question key={rating.question} rating={rating} />
        ))}
      </div>
    </section>
  );
}

function Question({ rating }: { rating: Rating }) {
  const most = Math.max(...rating.scores.map((one) => one.answers));
  return (
    <article class="rating" data-testid={`rating-${rating.question}`}>
      <header>
        <strong class="rating-mean num">{meanScore(rating.mean)}</strong>
        <span class="rating-what">
          <span class="strong clip" title={rating.question}>
            {labelOr(rating.label, rating.question)}
          </span>
          <span class="faint small">{answers(rating.answers)}</span>
        </span>
        <span class="rating-bars">
          {rating.scores.map((one) => (
            <span key={one.score} title={t("wall.ratings.score", { score: count(one.score), n: count(one.answers) })}>
              <i style={{ height: `${Math.round((one.answers / most) * 100)}%` }} />
              <small class="num">{count(one.score)}</small>
            </span>
          ))}
        </span>
      </header>
      <ul aria-label={t("wall.ratings.who")}>
        {rating.queues.map((one) => (
          <Of key={`queue ${one.id}`} name={queueName(one.id)} of={one} />
        ))}
        {rating.agents.map((one) => (
          <Of key={`agent ${one.id}`} name={agentName(one.id)} of={one} />
        ))}
      </ul>
    </article>
  );
}

function Of({ name, of }: { name: string; of: RatingOf }) {
  return (
    <li title={`${name}: ${answers(of.answers)}`}>
      <span class="clip">{name}</span>
      <strong class="num">{meanScore(of.mean)}</strong>
      <span class="faint num small">×{count(of.answers)}</span>
    </li>
  );
}

function answers(n: number): string {
  return n === 1 ? t("wall.ratings.answer") : t("wall.ratings.answers", { n: count(n) });
}
