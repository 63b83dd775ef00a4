"""The member app at `/m/{program}`: signed in by a mailed code, with tabs, a code to show, a page offline."""
