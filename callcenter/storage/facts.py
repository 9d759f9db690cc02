"""A fact: one thing that happened, in the order it happened. The journal is made of facts and nothing else.

`kind` names the fact; `data` holds its fields (JSON values). The kinds and their fields:

call.offered      leg_id node channel ani caller_name did
call.refused      reason                          an unknown number was dialed
call.resumed      stage                           the leg knocked again after the controller was away
ivr.entered       flow version node language
ivr.called        flow version values then into   a flow runs another; then '': it does not come back
ivr.returned      flow values                     back to this flow
ivr.node          flow node type via              via: the exit that led here, such as keys.1
ivr.key           node key label{lang: text}      pressed or said; label may be empty
ivr.heard         node text score choice          what the recogniser heard; choice '' when it means nothing
ivr.deaf          node                            no recogniser: the caller goes on by keys
ivr.collected     name value label{lang: text}    what the caller gave; a secret is written as dots
ivr.set           values                          variables, without secrets
ivr.fetched       node ok status error            another system was asked
ivr.recorded      name path seconds label         what the caller said for a node of type record
ivr.language      language                        the caller chose it; kept with the customer
ivr.failed        flow node error
survey.answered   node question score label       this label and the two above: only where a flow has one
message.sent      node via ok error
transfer.started  number
transfer.answered number
transfer.ended    number result seconds           talked | no_answer | busy | unreachable
queue.entered     queue priority position estimate  estimate: seconds until an agent answers, null if unknown
                  only since came_from            the one agent he waits for at first; after an overflow: when
                                                  he entered the first queue, and the queues he came from
                  kept virtual                    kept: his place was kept for him since `since`;
                                                  virtual: a call-back's place, nobody is on the line
queue.widened     queue ring why needs            ring | last_agent: with whom he is content from now on
waiting.announced queue position wait             as they were said in line; null for what was not
waiting.message   queue item                      a comfort message, counted from 0 in the center file
waiting.offered   queue key offer                 callback | voicemail
waiting.taken     queue key offer
queue.assigned    queue agent wait phone looked_at why ready   ready: seconds the agent had been ready
                  also ring occupancy calls rank  where they matter: further agents who are rung, the caller's
                                                  ring, and what the strategy compared
pop.sent          agent                           the screen pop left for the agent's browsers
pop.shown         agent delay_ms                  a browser reports that it stands on the screen
phone.ringing     agent
phone.missed      agent result                    busy | unreachable: of several who are rung he will not be
                                                  the one
queue.returned    queue agent result              no_answer | busy | unreachable; the caller is back in line;
                                                  without an agent where all were rung
talk.started      queue agent wait
talk.ended        queue agent seconds by          caller | agent | switch | unknown
recording.kept    path seconds                    path is relative to the recordings folder
recording.failed  error
wrap_up.ended     agent disposition note seconds
queue.prioritised queue priority by               a supervisor made him the next
queue.taken       queue agent by override         given to this agent by hand; override: without skills
queue.left        queue why wait to condition     abandoned | max_wait | cut | full | closed | overflow |
                                                  offer_callback | offer_voicemail | moved | callback;
                                                  overflow with where to and the rule's condition, moved with
                                                  to and by; of a call-back's place also: paused |
                                                  unanswered | cancelled | given_up
voicemail.begun   box path language               recorded from here on
voicemail.left    box path seconds language
call.ended        outcome by                      answered | abandoned | ivr | transferred | voicemail |
                                                  callback | refused | cut; of a call-back also cancelled |
                                                  unreached; by: caller | flow, where it is known
callback.wanted   ani queue why not_before        cut | requested | unreached | max_wait: people see to it;
                                                  not_before: seconds since the epoch
callback.promised number name queue priority      a call-back in place, a call of its own from here on;
                  since of by language shows      since: of the place; of: the call it was promised in; by:
                  not_before not_after path       caller, or the user who asked for it; shows: the number
                  collected labels                that was called
callback.in_place call number queue               in the call it was promised in: the call-back's own call
call.dialed       leg_id node number attempt      written before anything is dialed
call.answered     channel                         who was dialed has answered: his leg knocks
callback.unanswered  attempt result tries         no_answer | busy | rejected | unreachable | hung_up |
                  next_at                         lost | not_sent, which does not count; next_at 0: no more
callback.cancelled  by call                       customer | called_in (by which call) | the user
callback.given_up why tries                       tries | too_late | no_queue | failed; then callback.wanted
callback.done     agent
callback.reopened agent
agent.state       state reason until by           signed_out | not_ready | ready | wrap_up; by: the supervisor
                                                  whose doing it was, if one's; of wrap-up also queue, since
                                                  and extensions: how often it was extended by now
agent.over_limit  reason at_limit                 the time for a reason is over: remind | ready | ask
agent.took_over   user address                    signed in at another place, which stopped acting
agent.next        state reason by                 asked for during a call or its wrap-up, to come after it;
                                                  state '' takes it back
agent.skills      skills without by               changed by hand, and queues he is kept out of; skills null:
                                                  as in the file again
monitor.started   agent by phone mode tone        a supervisor is with it: listen | whisper | barge | hold
monitor.mode      agent by mode
monitor.ended     agent by seconds why            ended | no_answer | unreachable | took_over | restart
takeover.started  agent by phone                  the supervisor talks on with the caller
takeover.ended    by phone seconds ended_by       ended_by: caller | supervisor | switch
center.applied    by summary
flow.in_force     flow version by text            by: the page's user, or 'file' when it was saved outside
flow.removed      flow by
flow.rejected     flow errors
emergency.switched  id on by note                 a supervisor threw a declared switch, or took it back
mended            what                            the reconciler found our picture wrong
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `seq` grows by one with each; `at` is seconds since the epoch."""

    seq: int
    at: float
    kind: str
    call_id: str = ""
    agent: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Journal(Protocol):
    """Where facts go. Writing never waits and never fails the caller."""

    def write(self, kind: str, *, call_id: str = "", agent: str = "", **data: Any) -> Fact:
        """Append a fact. It survives the death of this process at once, and reaches the database soon."""
