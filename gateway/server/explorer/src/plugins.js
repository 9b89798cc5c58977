// Side panels, in the order of their buttons. A panel is {title, icon, content}, the last two being React components.

import { HISTORY_PLUGIN } from "graphiql";

export const plugins = [HISTORY_PLUGIN];
