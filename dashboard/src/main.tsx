// Starts the page.

import "./style/tokens.css";
import "./style/base.css";
import "./style/header.css";
import "./style/fleet.css";
import "./style/host.css";
import "./style/panel.css";
import { render } from "preact";
import { App } from "./app";
import { startClock } from "./clock";
import { startRouting } from "./route";
import { startTheme } from "./theme";

startTheme();
startClock();
startRouting();

const page = document.getElementById("page");
if (page) render(<App />, page);
